import type { ApiContext } from '../api-context.ts';
import type { RouteTable } from '../route-table.ts';
import { addActionsRoute } from './actions.ts';
import { addAlarmRoutes } from './alarms.ts';
import { addAuditRoutes } from './audit.ts';
import { addExportRoute } from './export.ts';
import { addGapsRoute } from './gaps.ts';
import { addHealthRoute } from './health.ts';
import { addLatestRoute } from './latest.ts';
import { addLiveRoute } from './live.ts';
import { addMachineRoutes } from './machines.ts';
import { addPassportRoute } from './passport.ts';
import { addPipelineRoute } from './pipeline.ts';
import { addQualityRoute } from './quality.ts';
import { addSamplesRoute } from './samples.ts';

/** The registry: a new route is a file here and a line below. */
export function addAllRoutes(routes: RouteTable, context: ApiContext): void {
  addHealthRoute(routes, context);
  addMachineRoutes(routes, context);
  addSamplesRoute(routes, context);
  addLatestRoute(routes, context);
  addGapsRoute(routes, context);
  addPassportRoute(routes, context);
  addAlarmRoutes(routes, context);
  addPipelineRoute(routes, context);
  addQualityRoute(routes, context);
  addAuditRoutes(routes, context);
  addExportRoute(routes, context);
  addActionsRoute(routes, context);
  addLiveRoute(routes);
}

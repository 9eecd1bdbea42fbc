import { liveRoute } from '#contracts/api/live.ts';
import { ApiProblem } from '../api-problem.ts';
import type { RouteTable } from '../route-table.ts';

/** Upgrades never come here: `LiveServer` takes them from the socket. */
export function addLiveRoute(routes: RouteTable): void {
  routes.get(liveRoute, () => {
    throw new ApiProblem(
      'UPGRADE_REQUIRED',
      'Open a WebSocket here; contracts/live.ts says what goes over it.',
    );
  });
}

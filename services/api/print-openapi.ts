// Writes the OpenAPI document of the API to stdout, without a store: for docs/reference. No route is ever called.
import { createLogger } from '#platform/logger.ts';
import { systemClock } from '#platform/clock.ts';
import { createRegistry } from '#platform/metrics.ts';
import { Access } from './access/access.ts';
import type { ApiContext } from './api-context.ts';
import { HttpServer } from './http/http-server.ts';
import { addAllRoutes } from './routes/all-routes.ts';

const log = createLogger('api', 'silent');
const server = await HttpServer.create({
  log,
  access: new Access({ clock: systemClock, log }),
  registry: createRegistry(),
  tls: undefined,
  mayAnswer: () => true,
  dashboardsDir: undefined,
  addRoutes: (routes) => {
    addAllRoutes(routes, {} as ApiContext);
  },
});
process.stdout.write(`${JSON.stringify(server.openApiDocument(), null, 2)}\n`);
await server.close();

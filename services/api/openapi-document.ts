import { createLogger } from '#platform/logger.ts';
import { Registry } from '#platform/metrics.ts';
import type { ApiContext } from './api-context.ts';
import { HttpServer } from './http/http-server.ts';
import { addAllRoutes } from './routes/all-routes.ts';

/** The OpenAPI document as `GET /api/v1/openapi.json` serves it, for `npm run generate`. Opens no socket. */
export async function openApiDocument(): Promise<object> {
  // The routes are declared, none is asked: they need nothing to work with.
  const context = {} as ApiContext;
  const server = await HttpServer.create({
    log: createLogger('openapi', 'silent'),
    registry: new Registry(),
    tls: undefined,
    dashboardsDir: undefined,
    addRoutes: (routes) => addAllRoutes(routes, context),
  });
  try {
    return server.openApiDocument();
  } finally {
    await server.close();
  }
}

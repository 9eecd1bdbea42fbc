import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { LogController, type FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { StartError, codeOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { Registry } from '#platform/metrics.ts';
import type { Access } from '../access/access.ts';
import type { HostRule } from '../host-rule.ts';
import type { RouteTable } from '../route-table.ts';
import { RouteDoor } from './route-door.ts';
import { Guard } from './guard.ts';
import { addSessionRoutes } from './session-routes.ts';
import { addMetricsRoute, installHttpMetrics } from './http-metrics.ts';
import { addOpenApiRoute, installOpenApi } from './openapi.ts';
import { answerClientError, answerFrameworkError, installProblemHandler } from './problem-handler.ts';
import { installHostRule, installSecurityHeaders } from './security-headers.ts';
import { installStaticSite } from './static-site.ts';

/** 50 signal ids of 400 characters fit. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const STOP_TIMEOUT_MS = 3_000;

export interface HttpServerOptions {
  readonly log: Logger;
  readonly registry: Registry;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly mayAnswer: HostRule;
  readonly dashboardsDir: string | undefined;
  readonly access: Access;
  readonly addRoutes: (routes: RouteTable) => void;
}

export interface HttpRoute {
  readonly method: string;
  /** With `:name` for its parameters. */
  readonly path: string;
}

/** Fastify with all that is common to the routes; nobody else knows of Fastify. */
export class HttpServer {
  readonly #app: FastifyInstance;
  /** All that is answered, as the framework has it. */
  readonly routes: readonly HttpRoute[];

  private constructor(app: FastifyInstance, routes: readonly HttpRoute[]) {
    this.#app = app;
    this.routes = routes;
  }

  static async create(options: HttpServerOptions): Promise<HttpServer> {
    const app = createFastify(options);
    const routes: HttpRoute[] = [];
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, path: url });
    });
    app.setValidatorCompiler(validatorCompiler);
    // Answers are held against their schemas by the tests, not at run time.
    app.setSerializerCompiler(() => (data: unknown) => JSON.stringify(data));
    installProblemHandler(app, options.log);
    installSecurityHeaders(app, options.tls !== undefined);
    installHostRule(app, options.mayAnswer);
    installHttpMetrics(app, options.registry);
    await installOpenApi(app);
    await app.register(async (scope) => {
      // A form of another site can send plain text without being asked for leave; JSON it cannot.
      scope.removeContentTypeParser('text/plain');
      const guard = new Guard(options.access, options.tls !== undefined);
      const door = new RouteDoor(scope, guard);
      options.addRoutes(door);
      door.close();
      addSessionRoutes(scope, guard);
      addOpenApiRoute(scope);
      addMetricsRoute(scope, options.registry);
    });
    await installStaticSite(app, options.dashboardsDir);
    await app.ready();
    return new HttpServer(app, routes);
  }

  /** For the upgrades of the live channel. */
  get nodeServer(): Server {
    return this.#app.server;
  }

  openApiDocument(): object {
    return this.#app.swagger();
  }

  /** Answers the port. @throws StartError when the address cannot be used. */
  async listen(host: string, port: number): Promise<number> {
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      await this.#app.close();
      throw cannotListen(error, host, port);
    }
    return (this.#app.server.address() as AddressInfo).port;
  }

  /** Open streams and sockets that do not end by themselves are cut. */
  async close(): Promise<void> {
    const { server } = this.#app;
    const timer = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
    try {
      await this.#app.close();
      if (server.listening) await once(server, 'close');
    } finally {
      clearTimeout(timer);
    }
  }
}

function createFastify({ log, tls }: HttpServerOptions): FastifyInstance {
  const common = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  };
  const limits = { maxHeaderSize: MAX_HEADER_BYTES };
  const app = tls
    ? Fastify({ ...common, https: { ...limits, ...tls } })
    : Fastify({ ...common, http: limits });
  return app as unknown as FastifyInstance;
}

function cannotListen(cause: unknown, host: string, port: number): StartError {
  const code = codeOf(cause);
  return code === 'EADDRINUSE'
    ? new StartError(
        'PORT_TAKEN',
        `Port ${port} on ${host} is taken`,
        'stop the program that listens there, or choose another port',
        { cause },
      )
    : new StartError(
        'CANNOT_LISTEN',
        `Cannot listen on ${host} port ${port} (${code})`,
        'the address must belong to this host, and ports below 1024 need the right to bind them',
        { cause },
      );
}

import type { MachineCommands } from '#contracts/machine-commands.ts';
import type { Presence } from '#contracts/presence.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { StartError } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { HealthComponent, Registry } from '#platform/metrics.ts';
import { Access } from './access/access.ts';
import { AlarmBoard } from './alarms/alarm-board.ts';
import type { ApiContext, ParquetWriter } from './api-context.ts';
import { hostRuleFor, isLoopbackName } from './host-rule.ts';
import { HttpServer } from './http/http-server.ts';
import { LiveHub } from './live/live-hub.ts';
import { createLiveMetrics } from './live/live-metrics.ts';
import { LiveServer } from './live/live-server.ts';
import { PipelineWatch } from './pipeline/pipeline-watch.ts';
import { QueryGate } from './query-gate.ts';
import { addAllRoutes } from './routes/all-routes.ts';

const DEFAULT_LIVE_CONNECTIONS = 300;
const DEFAULT_QUERIES = 8;
const DEFAULT_WAITING_QUERIES = 256;
const EXPORTS = 8;
const WAITING_EXPORTS = 32;
const STALLED_EXPORT_MS = 60_000;

export interface ApiOptions {
  /** Started; the API never stops it. */
  readonly store: SampleStore;
  readonly presence: Presence;
  /** How machines are reached; without it alarms cannot be acknowledged. */
  readonly commands?: MachineCommands | undefined;
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock?: Clock | undefined;
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string | undefined;
  /** 0 = any free one. */
  readonly port?: number | undefined;
  /** PEM texts. Required beyond loopback, unless `plainHttp` says that a proxy in front speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly plainHttp?: boolean | undefined;
  /** Folder of the bundled dashboards. */
  readonly dashboardsDir?: string | undefined;
  /** Components of `/health` that only the process knows of. */
  readonly health?: (() => readonly HealthComponent[]) | undefined;
  /** Without it `/export` offers CSV only. */
  readonly writeParquet?: ParquetWriter | undefined;
  readonly maxLiveConnections?: number | undefined;
  /** Historian queries at once, and waiting. */
  readonly maxQueries?: number | undefined;
  readonly maxWaitingQueries?: number | undefined;
  /** Exports at once, and ms after which one is ended whose client takes nothing of it. */
  readonly maxExports?: number | undefined;
  readonly stalledExportMs?: number | undefined;
  /** Origins of further pages that may open the live channel, e.g. a development server. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Names besides loopback's under which a server on loopback answers, e.g. those of a proxy in front. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Files of the users, and of their sessions and actions. Absent: nobody can log in, and nothing can be changed. */
  readonly access?: { readonly usersFile: string; readonly databaseFile: string } | undefined;
}

export interface Api {
  /** @throws StartError when the address cannot be used. */
  start(): Promise<{ readonly port: number; readonly url: string }>;
  /** Idempotent, bounded in time. */
  stop(): Promise<void>;
}

/** HTTP under `/api/v1`, `WS /api/v1/live`, `/metrics` and the dashboards, on one port. */
export function createApi(options: ApiOptions): Api {
  const { store, presence } = options;
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ part: 'api' });
  const hub = new LiveHub({ store, presence, clock, log, metrics: createLiveMetrics(options.registry) });
  const watch = new PipelineWatch({ store, presence, clock, log });
  const alarms = new AlarmBoard({
    store,
    log,
    onChange: ({ machine, alarm }) =>
      hub.events.append({ type: 'alarm', t: clock.now(), machine, text: alarm }),
  });
  const parts = [hub, watch, alarms];
  let access: Access | undefined;
  let server: HttpServer | undefined;
  return {
    async start() {
      const host = options.host ?? '127.0.0.1';
      requireTls(options, host);
      access = new Access({ ...options.access, clock, log });
      const context = contextOf(options, { hub, watch, alarms, clock, access });
      const mayAnswer = hostRuleFor(host, options.allowedHosts ?? []);
      server = await HttpServer.create({
        log,
        registry: options.registry,
        tls: options.tls,
        mayAnswer,
        access,
        dashboardsDir: options.dashboardsDir,
        addRoutes: (routes) => addAllRoutes(routes, context),
      });
      new LiveServer(hub, {
        maxConnections: options.maxLiveConnections ?? DEFAULT_LIVE_CONNECTIONS,
        allowedOrigins: options.allowedOrigins ?? [],
        mayAnswer,
      }).attach(server.nodeServer);
      for (const part of parts) part.start();
      let port: number;
      try {
        port = await server.listen(host, options.port ?? 0);
      } catch (error) {
        for (const part of parts) part.stop();
        access.close();
        throw error;
      }
      const name = host.includes(':') ? `[${host}]` : host;
      return { port, url: `${options.tls ? 'https' : 'http'}://${name}:${port}` };
    },
    async stop() {
      for (const part of parts) part.stop();
      await server?.close();
      server = undefined;
      access?.close();
    },
  };
}

interface Parts {
  readonly hub: LiveHub;
  readonly watch: PipelineWatch;
  readonly alarms: AlarmBoard;
  readonly clock: Clock;
  readonly access: Access;
}

function contextOf(options: ApiOptions, { hub, watch, alarms, clock, access }: Parts): ApiContext {
  return {
    store: options.store,
    presence: options.presence,
    commands: options.commands,
    clock,
    gate: new QueryGate(
      options.maxQueries ?? DEFAULT_QUERIES,
      options.maxWaitingQueries ?? DEFAULT_WAITING_QUERIES,
    ),
    exports: new QueryGate(options.maxExports ?? EXPORTS, WAITING_EXPORTS),
    stalledExportMs: options.stalledExportMs ?? STALLED_EXPORT_MS,
    live: hub.values,
    writeParquet: options.writeParquet,
    watch,
    alarms,
    retired: watch.retired,
    actions: access.actions,
    browsers: () => hub.connectionCount,
    health: options.health ?? (() => []),
  };
}

function requireTls({ tls, plainHttp }: ApiOptions, host: string): void {
  if (tls || plainHttp === true || isLoopbackName(host)) return;
  throw new StartError(
    'TLS_REQUIRED',
    `The dashboards were to be served on ${host} without TLS`,
    'give a certificate and its key, or bind to 127.0.0.1',
  );
}

import { readFile } from 'node:fs/promises';
import type { SampleStore } from '#domain/sample-store.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { ConfigError, messageOf } from '#platform/errors.ts';
import { runProcess, type ProcessContext } from '#platform/lifecycle.ts';
import { DiagnosticsServer, createRegistry, type HealthComponent, type Registry } from '#platform/metrics.ts';
import { servicesConfigSchema, type HttpConfig, type StoreConfig } from '#contracts/config/services.ts';
import { createApi } from './api/create-api.ts';
import { createEmbeddedStore } from './historian/embedded/embedded-store.ts';
import { writeParquetFile } from './historian/embedded/parquet-export.ts';
import { createInfluxStore } from './historian/influxdb/influx-store.ts';
import { Ingest } from './ingest/ingest.ts';

const STORE_CHECK_MS = 5_000;
/** A store may have a seal to finish. */
const STOP_TIMEOUT_MS = 9_000;

/** What is running, in the order it was started; stopped from the first to the last. */
const stopSteps: (() => Promise<void>)[] = [];

await runProcess({ name: 'services', start, stop, stopTimeoutMs: STOP_TIMEOUT_MS });

async function start({ configPath, log, signal }: ProcessContext): Promise<Record<string, unknown>> {
  const config = await readConfigFile(configPath, servicesConfigSchema);
  const tls = await readTls(config.http);
  const registry = createRegistry();
  const store = createStore(config.store, registry);
  const storeHealth = watchStore(store);
  await store.start(signal);
  stopSteps.unshift(async () => {
    storeHealth.stop();
    await store.stop();
  });
  const ingest = new Ingest({ config: config.ingest, store, registry, log });
  const api = createApi({
    store,
    presence: ingest.presence,
    commands: ingest.machineCommands,
    log,
    registry,
    // The historian is asked by the API itself.
    health: () => ingest.health(),
    host: config.http.host,
    port: config.http.port,
    tls,
    access: config.http.access,
    dashboardsDir: config.http.dashboardsDirectory,
    writeParquet: writeParquetFile,
  });
  const http = await api.start();
  stopSteps.unshift(() => api.stop());
  await ingest.start();
  stopSteps.unshift(() => ingest.stop());
  const health = (): readonly HealthComponent[] => [...ingest.health(), storeHealth.component()];
  const diagnostics = new DiagnosticsServer(registry, health);
  const metrics = await diagnostics.start(config.diagnostics.port);
  stopSteps.push(() => diagnostics.stop());
  log.info({ url: http.url, metrics, store: store.storeId }, 'services are up');
  return { http: http.port, url: http.url, metrics };
}

/** Ingest first, so that nothing is acknowledged that is not stored; then the API; the store last. */
async function stop(): Promise<void> {
  for (const step of stopSteps.splice(0)) await step();
}

function createStore(config: StoreConfig, registry: Registry): SampleStore {
  if (config.kind === 'influxdb') return createInfluxStore({ config, registry });
  const { directory, ...options } = config;
  return createEmbeddedStore({ dir: directory, config: options });
}

async function readTls({ tls }: HttpConfig): Promise<{ cert: string; key: string } | undefined> {
  if (!tls) return undefined;
  try {
    const [cert, key] = await Promise.all([readFile(tls.certFile, 'utf8'), readFile(tls.keyFile, 'utf8')]);
    return { cert, key };
  } catch (error) {
    throw new ConfigError('the services configuration', [{ path: 'http.tls', message: messageOf(error) }]);
  }
}

/** The store's health, looked at from time to time: `/health` answers at once. */
function watchStore(store: SampleStore): { component: () => HealthComponent; stop: () => void } {
  let component: HealthComponent = { name: 'historian', status: 'ok' };
  const look = async (): Promise<void> => {
    try {
      const { writable, problem } = await store.stats();
      component = { name: 'historian', status: writable ? 'ok' : 'down', detail: problem };
    } catch (error) {
      component = { name: 'historian', status: 'down', detail: messageOf(error) };
    }
  };
  const timer = setInterval(() => void look(), STORE_CHECK_MS);
  timer.unref();
  return { component: () => component, stop: () => clearInterval(timer) };
}

import type { SimulatorsConfig } from '#contracts/config/simulators.ts';
import type { Logger } from '#platform/logger.ts';
import { createRegistry, DiagnosticsServer, Gauge } from '#platform/metrics.ts';
import { EMPTY_PLANT, loadPlant } from '../plants/load-plant.ts';
import { ControlServer, controlToken } from './control-server.ts';
import { Factory } from './factory.ts';

/** The process `simulators`: the factory and its diagnostics. */
export class SimulatorsService {
  readonly #config: SimulatorsConfig;
  readonly #log: Logger;
  #factory: Factory | undefined;
  #diagnostics: DiagnosticsServer | undefined;
  #control: ControlServer | undefined;

  constructor(config: SimulatorsConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /** @returns what goes into the ready line. @throws ConfigError, StartError */
  async start(signal: AbortSignal): Promise<Record<string, unknown>> {
    const { plant } = this.#config;
    const loaded = plant === undefined ? EMPTY_PLANT : await loadPlant(plant);
    const factory = new Factory(this.#config, loaded, this.#log);
    this.#factory = factory;
    const { endpoints } = await factory.start(signal);
    const diagnosticsPort = await this.#startDiagnostics(factory);
    const controlPort = await this.#startControl(factory);
    return {
      endpoints: factory.endpointsPath,
      machines: endpoints.length,
      ports: endpoints.map(({ endpointUrl }) => Number(new URL(endpointUrl).port)),
      diagnosticsPort,
      ...(controlPort === undefined ? {} : { controlPort }),
    };
  }

  async stop(): Promise<void> {
    await this.#control?.stop();
    await this.#factory?.stop();
    if (this.#factory) {
      const { written, missed, overflowed } = this.#factory;
      this.#log.info({ written, missed, overflowed }, 'values set, not made in time, lost in full queues');
    }
    await this.#diagnostics?.stop();
  }

  async #startControl({ control }: Factory): Promise<number | undefined> {
    const { controlPort, dataDir } = this.#config;
    if (controlPort === undefined || !control) return undefined;
    this.#control = new ControlServer(control, await controlToken(dataDir));
    return this.#control.start(controlPort);
  }

  async #startDiagnostics(factory: Factory): Promise<number> {
    if (this.#config.diagnosticsPort === 0) return 0;
    const registry = createRegistry();
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    };
    gauge('simulators_values_written', 'Values set in all servers', () => factory.written);
    gauge('simulators_values_missed', 'Values of load machines not made in time', () => factory.missed);
    gauge('simulators_values_overflowed', 'Values lost in full item queues', () => factory.overflowed);
    const detail = `${factory.machineCount} machines`;
    this.#diagnostics = new DiagnosticsServer(registry, () => [{ name: 'machines', status: 'ok', detail }]);
    return this.#diagnostics.start(this.#config.diagnosticsPort);
  }
}

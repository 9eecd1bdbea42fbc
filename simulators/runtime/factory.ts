import type { LocalizedText, Provenance } from '#domain/machine.ts';
import type { EndpointsFile, SimulatedEndpoint, SimulatorsConfig } from '#contracts/config/simulators.ts';
import type { Logger } from '#platform/logger.ts';
import type { CompanionPlan } from '../model/companion.ts';
import type { ProducedTick, TickSink } from '../model/produced-tick.ts';
import type { SignalDefinition } from '../model/signal.ts';
import type { LoadedPlant } from '../plants/load-plant.ts';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerWriter } from '../ledger/ledger-writer.ts';
import { machineKind } from '../machines/registry.ts';
import { MachineServer } from '../server/machine-server.ts';
import { createSimulation } from './create-simulation.ts';
import { PhysicsDriver } from './physics-driver.ts';

/** A machine that gets a server: what it is called and what it serves. */
export interface FactoryMachine {
  readonly id: string;
  readonly kind: string;
  readonly name: LocalizedText;
  readonly provenance: Provenance;
  readonly assetPath: SimulatedEndpoint['assetPath'];
  readonly companion: CompanionPlan;
  readonly signals: readonly SignalDefinition[];
  readonly portOffset: number;
}

/** What makes a machine's values while the servers are up. */
export interface Driver {
  start(): void;
  stop(): void;
}

/** All machines of a plant behind their servers, and whatever moves them. */
export class Factory implements TickSink {
  readonly #config: SimulatorsConfig;
  readonly #loaded: LoadedPlant;
  readonly #log: Logger;
  readonly #machines: FactoryMachine[] = [];
  readonly #servers: MachineServer[] = [];
  readonly #drivers: Driver[] = [];
  #ledger: LedgerWriter | undefined;

  constructor(config: SimulatorsConfig, loaded: LoadedPlant, log: Logger) {
    this.#config = config;
    this.#loaded = loaded;
    this.#log = log;
  }

  get endpointsPath(): string {
    return join(this.#config.dataDir, 'endpoints.json');
  }

  get machineCount(): number {
    return this.#machines.length;
  }

  /** Values set in all servers since the start. */
  get written(): number {
    return this.#servers.reduce((sum, server) => sum + server.written, 0);
  }

  /** Starts the servers, writes endpoints.json, then lets the machines run. @throws StartError */
  async start(signal: AbortSignal): Promise<EndpointsFile> {
    this.#planPhysics();
    for (const machine of this.#machines) {
      signal.throwIfAborted();
      await this.#serve(machine);
    }
    const file = await this.#writeEndpoints();
    this.#openLedger();
    for (const driver of this.#drivers) driver.start();
    return file;
  }

  async stop(): Promise<void> {
    for (const driver of this.#drivers) driver.stop();
    await Promise.all(this.#servers.map((server) => server.stop()));
    const sha256 = this.#ledger?.close();
    this.#ledger = undefined;
    if (sha256 !== undefined) this.#log.info({ sha256 }, 'ledger closed');
  }

  flushLedger(): void {
    this.#ledger?.flush();
  }

  accept(machine: number, tick: ProducedTick): void {
    this.#ledger?.accept(machine, tick);
    this.#servers[machine]?.write(tick);
  }

  #planPhysics(): void {
    const { plant, machines } = this.#loaded;
    const seed = this.#config.seed ?? plant.seed;
    const simulation = createSimulation(this.#loaded, seed, Date.now());
    const physical = machines.filter((planned) => planned.type === 'physical');
    physical.forEach(({ machine, kind }, i) => {
      const { area, line, cell } = machine;
      this.#machines.push({
        id: machine.id,
        kind,
        name: machine.name,
        provenance: 'simulated',
        assetPath: { enterprise: plant.enterprise, area, line, cell },
        companion: machineKind(kind).companion,
        signals: simulation.machines[i]?.signals ?? [],
        portOffset: machine.portOffset ?? machines.findIndex((planned) => planned.machine === machine),
      });
    });
    if (physical.length === 0) return;
    const { speed } = this.#config;
    this.#drivers.push(
      new PhysicsDriver({
        simulation: simulation.plant,
        sink: this,
        tickMs: plant.tickMs,
        speed,
        log: this.#log,
      }),
    );
  }

  async #serve(machine: FactoryMachine): Promise<void> {
    const { host, basePort, dataDir } = this.#config;
    const server = new MachineServer({
      machineId: machine.id,
      kind: machine.kind,
      site: this.#loaded.plant.site,
      name: machine.name,
      companion: machine.companion,
      signals: machine.signals,
      host,
      port: basePort === 0 ? 0 : basePort + machine.portOffset,
      pkiDir: join(dataDir, 'pki', machine.id),
      allowUnsecured: this.#loaded.plant.allowUnsecured,
    });
    this.#servers.push(server);
    await server.start();
    this.#log.info({ machine: machine.id, endpointUrl: server.endpoint.endpointUrl }, 'OPC UA server is up');
  }

  async #writeEndpoints(): Promise<EndpointsFile> {
    const { site, enterprise, name } = this.#loaded.plant;
    const endpoints = this.#machines.map((machine, i): SimulatedEndpoint => {
      const endpoint = this.#servers[i]?.endpoint;
      if (!endpoint) throw new Error(`no server for ${machine.id}`);
      const { id, kind, provenance, assetPath, signals } = machine;
      return {
        id,
        kind,
        name: machine.name,
        provenance,
        assetPath,
        ...endpoint,
        securityMode: 'SignAndEncrypt',
        securityPolicy: 'Basic256Sha256',
        signalCount: signals.length,
      };
    });
    const file: EndpointsFile = { version: 1, site, enterprise, name, endpoints };
    await mkdir(this.#config.dataDir, { recursive: true });
    // Whoever waits for the file sees all of it or nothing.
    const part = `${this.endpointsPath}.part`;
    await writeFile(part, `${JSON.stringify(file, null, 2)}\n`);
    await rename(part, this.endpointsPath);
    return file;
  }

  #openLedger(): void {
    if (this.#config.ledger === undefined) return;
    const { plant } = this.#loaded;
    this.#ledger = new LedgerWriter(this.#config.ledger);
    this.#ledger.open({
      plant,
      seed: this.#config.seed ?? plant.seed,
      startsAt: new Date().toISOString(),
      machines: this.#machines,
    });
  }
}

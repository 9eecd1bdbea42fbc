import type { LocalizedText, Provenance } from '#domain/machine.ts';
import type { EndpointsFile, SimulatedEndpoint, SimulatorsConfig } from '#contracts/config/simulators.ts';
import type { Logger } from '#platform/logger.ts';
import type { LoadMachine } from '../machines/load/load-driver.ts';
import type { CompanionPlan } from '../model/companion.ts';
import type { ProducedTick, TickSink } from '../model/produced-tick.ts';
import type { SignalDefinition } from '../model/signal.ts';
import type { LoadedPlant } from '../plants/load-plant.ts';
import type { Subscribers } from '../replay/subscriber-gate.ts';
import { appendFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerWriter } from '../ledger/ledger-writer.ts';
import { LoadDriver } from '../machines/load/load-driver.ts';
import { loadSignals, periodMs } from '../machines/load/load-values.ts';
import { isMachineKind, machineKind } from '../machines/registry.ts';
import { NO_COMPANION } from '../model/companion.ts';
import { ConfigError } from '#platform/errors.ts';
import { loadRecording } from '../replay/recording.ts';
import type { MachineRecording } from '../replay/machine-recording.ts';
import { openRecording } from '../replay/machine-recording.ts';
import { RecordedDriver } from '../replay/recorded-driver.ts';
import { ReplayDriver } from '../replay/replay-driver.ts';
import { recordedSignal } from '../server/recorded-space.ts';
import type { ServerProfileName } from '../server/server-profiles.ts';
import type { MachineServerOptions } from '../server/machine-server.ts';
import { MachineServer } from '../server/machine-server.ts';
import type { PlantSimulation } from './plant-simulation.ts';
import { collectGarbage } from './collect-garbage.ts';
import { controlToken } from './control-server.ts';
import { PlantControl } from './plant-control.ts';
import type { TruthRecord, TruthSink } from './plant-truth.ts';
import { createWarmSimulation } from './create-simulation.ts';
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
  readonly profile?: ServerProfileName;
  readonly recorded?: MachineRecording;
}

/** What makes a machine's values while the servers are up. */
export interface Driver {
  start(): void;
  stop(): void;
}

const NO_SUBSCRIBERS: Subscribers = { subscribed: 0, room: 0, unsent: 0, unacknowledged: 0 };

/** All machines of a plant behind their servers, and whatever moves them. */
export class Factory implements TickSink, TruthSink {
  readonly #config: SimulatorsConfig;
  readonly #loaded: LoadedPlant;
  readonly #log: Logger;
  readonly #machines: FactoryMachine[] = [];
  readonly #servers: MachineServer[] = [];
  readonly #drivers: Driver[] = [];
  readonly #loads: LoadDriver[] = [];
  readonly replays: ReplayDriver[] = [];
  readonly recorded: RecordedDriver[] = [];
  #ledger: LedgerWriter | undefined;
  #password = '';
  /** Faults, scenarios and reset; there when the plant has physical machines. */
  control: PlantControl | undefined;

  constructor(config: SimulatorsConfig, loaded: LoadedPlant, log: Logger) {
    this.#config = config;
    this.#loaded = loaded;
    this.#log = log;
  }

  get endpointsPath(): string {
    return join(this.#config.dataDir, 'endpoints.json');
  }

  /** `[periodMs, timeMs]` a line: source times at which the load machines of that rate made nothing (`sliceOf`). */
  get missedPath(): string {
    return join(this.#config.dataDir, 'missed-slices.jsonl');
  }

  get machineCount(): number {
    return this.#machines.length;
  }

  /** Values set in all servers since the start. */
  get written(): number {
    return this.#servers.reduce((sum, server) => sum + server.written, 0);
  }

  /** Values of load machines that were due and could not be made in time. */
  get missed(): number {
    return this.#loads.reduce((sum, driver) => sum + driver.missed, 0);
  }

  /** Values that were lost in a monitored item's queue because no client took them in time. */
  get overflowed(): number {
    return this.#servers.reduce((sum, server) => sum + server.monitored.overflows, 0);
  }

  /** Starts the servers, writes endpoints.json, then lets the machines run. @throws StartError */
  async start(signal: AbortSignal): Promise<EndpointsFile> {
    this.#password = await controlToken(this.#config.dataDir);
    this.#planPhysics();
    this.#planLoad();
    await this.#planRecorded();
    await this.#planReplays();
    for (const [i, machine] of this.#machines.entries()) {
      signal.throwIfAborted();
      await this.#serve(machine);
      // Loading an address space leaves as much behind as it keeps, and memory that was once taken is not given back.
      if (i % 2 === 1) collectGarbage();
    }
    collectGarbage();
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
    if (this.#config.ledgerAtOnce) this.#ledger?.flush();
    this.#servers[machine]?.write(tick);
  }

  observe(record: TruthRecord): void {
    this.#ledger?.observe(record);
  }

  #planPhysics(): void {
    const { plant, machines } = this.#loaded;
    const seed = this.#config.seed ?? plant.seed;
    const simulation = createWarmSimulation(this.#loaded, seed);
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
        profile: machine.serverProfile,
        portOffset: machine.portOffset ?? machines.findIndex((planned) => planned.machine === machine),
      });
    });
    if (physical.length > 0) this.#drive(simulation.plant, seed);
  }

  #drive(simulation: PlantSimulation, seed: number): void {
    const physics = new PhysicsDriver({
      simulation,
      sink: this,
      tickMs: this.#loaded.plant.tickMs,
      speed: this.#config.speed,
      now: () => Date.now(),
      log: this.#log,
      beforeStep: (plant) => this.control?.beforeStep(plant),
    });
    this.#drivers.push(physics);
    this.control = new PlantControl({
      loaded: this.#loaded,
      seed,
      sink: this,
      simulation: () => physics.simulation,
      replace: (fresh) => physics.replace(fresh),
      server: (id) => this.#servers[this.#machines.findIndex((machine) => machine.id === id)],
      onError: (error) => this.#log.warn({ error: String(error) }, 'a fault of a server failed'),
    });
  }

  /** Machines of the same rate share a timer. */
  #planLoad(): void {
    const { plant, machines } = this.#loaded;
    const byPeriod = new Map<number, LoadMachine[]>();
    machines.forEach((planned, place) => {
      if (planned.type !== 'load') return;
      const { machine, parameters } = planned;
      const signals = loadSignals(parameters);
      const period = periodMs(parameters);
      byPeriod.set(period, [...(byPeriod.get(period) ?? []), { position: this.#machines.length, signals }]);
      this.#machines.push({
        id: machine.id,
        kind: machine.kind,
        name: machine.name,
        provenance: 'simulated',
        assetPath: {
          enterprise: plant.enterprise,
          area: machine.area,
          line: machine.line,
          cell: machine.cell,
        },
        companion: NO_COMPANION,
        signals,
        portOffset: machine.portOffset ?? place,
      });
    });
    for (const [period, group] of byPeriod) {
      const driver = new LoadDriver({
        machines: group,
        periodMs: period,
        sink: this,
        now: () => Date.now(),
        onMissed: (timeMs) => appendFileSync(this.missedPath, `[${period},${timeMs}]\n`),
      });
      this.#loads.push(driver);
      this.#drivers.push(driver);
    }
  }

  /** @throws StartError when a recording cannot be used. */
  async #planRecorded(): Promise<void> {
    const { plant, machines } = this.#loaded;
    for (const [place, planned] of machines.entries()) {
      if (planned.type !== 'recorded') continue;
      const { machine, parameters } = planned;
      const recording = await openRecording(parameters.file);
      if (recording.isTorn)
        this.#log.warn(
          { file: recording.file, samples: recording.samples },
          'the recorder was killed: played up to its last whole line',
        );
      const { area, line, cell } = machine;
      const position = this.#machines.length;
      this.#machines.push({
        id: machine.id,
        kind: parameters.as,
        name: machine.name,
        provenance: 'replay',
        assetPath: { enterprise: plant.enterprise, area, line, cell },
        companion: NO_COMPANION,
        signals: recording.watched.map(recordedSignal),
        recorded: recording,
        profile: machine.serverProfile,
        portOffset: machine.portOffset ?? place,
      });
      const driver = new RecordedDriver({
        recording,
        config: parameters,
        machineId: machine.id,
        position,
        sink: this,
        subscribers: () => this.#servers[position]?.monitored ?? NO_SUBSCRIBERS,
        log: this.#log,
        now: () => Date.now(),
      });
      this.recorded.push(driver);
      this.#drivers.push(driver);
    }
  }

  /** @throws ConfigError when a mapping or its recording cannot be used. */
  async #planReplays(): Promise<void> {
    for (const config of this.#config.replays) {
      const recording = await loadRecording(config.mapping, config.file);
      const { mapping, signals } = recording;
      const { id, kind, name, area, line, cell } = { ...mapping, id: config.id ?? mapping.id };
      const position = this.#machines.length;
      if (this.#machines.some((machine) => machine.id === id))
        throw new ConfigError(config.mapping, [
          { path: 'id', message: `"${id}" is already a machine of the plant; give the replay another id` },
        ]);
      this.#machines.push({
        id,
        kind,
        name,
        provenance: 'replay',
        assetPath: { enterprise: this.#loaded.plant.enterprise, area, line, cell },
        companion: NO_COMPANION,
        signals,
        portOffset: Math.max(-1, ...this.#machines.map(({ portOffset }) => portOffset)) + 1,
      });
      const driver = new ReplayDriver({
        recording,
        config,
        position,
        sink: this,
        subscribers: () => this.#servers[position]?.monitored ?? NO_SUBSCRIBERS,
        log: this.#log,
        now: () => Date.now(),
      });
      this.replays.push(driver);
      this.#drivers.push(driver);
    }
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
      recorded: machine.recorded,
      ...eventsOf(machine),
      profile: machine.profile,
      host,
      port: basePort === 0 ? 0 : basePort + machine.portOffset,
      pkiDir: join(dataDir, 'pki', machine.id),
      allowUnsecured: this.#loaded.plant.allowUnsecured,
      control: this.#controlOf(machine),
    });
    this.#servers.push(server);
    await server.start();
    this.#log.info({ machine: machine.id, endpointUrl: server.endpoint.endpointUrl }, 'OPC UA server is up');
  }

  #controlOf({ id, provenance }: FactoryMachine): MachineServerOptions['control'] {
    if (!this.control || provenance !== 'simulated' || this.control.catalogue[id] === undefined)
      return undefined;
    return { port: this.control.portOf(id), password: this.#password };
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
        ...alarmTextsOf(machine),
        signalCount: signals.length,
      };
    });
    const file: EndpointsFile = { version: 1, site, enterprise, name, endpoints };
    await mkdir(this.#config.dataDir, { recursive: true });
    await rm(this.missedPath, { force: true });
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

function alarmTextsOf(machine: FactoryMachine): Pick<SimulatedEndpoint, 'alarmTexts'> {
  const { alarms = [] } = eventsOf(machine);
  return alarms.length === 0 ? {} : { alarmTexts: alarms.map(({ message }) => message) };
}

/** Alarms and history of the machine's kind; recordings and load machines have none. */
function eventsOf({ kind, provenance }: FactoryMachine): Pick<MachineServerOptions, 'alarms' | 'history'> {
  if (provenance !== 'simulated' || !isMachineKind(kind)) return {};
  const { alarms, history } = machineKind(kind);
  return { alarms, history };
}

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { ingestConfigSchema } from '#contracts/config/services.ts';
import { EdgeAgent } from '../../edge-agent/agent.ts';
import { SimulatedDisk } from '../../edge-agent/journal/simulated-disk.ts';
import { Ingest } from '../../services/ingest/ingest.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { countsOf, judge, type Verdict } from './judge.ts';
import { SimulatedMachine, SimulatedSource } from './simulated-machine.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedStore, SimulatedStoreDisk } from './simulated-store.ts';
import { VirtualTime, type SimulatedProcess } from './virtual-time.ts';

/** Faults planted to show that the simulation finds them. */
export const MUTANTS = [
  'acknowledge-before-sync',
  'forget-a-range',
  'trim-what-was-only-sent',
  'acknowledge-before-commit',
] as const;
export type Mutant = (typeof MUTANTS)[number];

export interface SimulationResult extends Verdict {
  readonly seed: number;
  /** What happened, in order: `12.345 kill agent`. */
  readonly events: readonly string[];
  /** Virtual seconds that the whole took. */
  readonly virtualS: number;
}

const SIGNALS = 3;
const TROUBLE_MS = 8_000;
const DRAIN_BOUND_MS = 240_000;
const AFTERMATH_MS = 2_000;
const PRODUCE_MS = 250;
const SUPERVISOR_MS = 1_000;
const log = pino({ level: process.env['SIMULATION_LOG'] ?? 'silent' });

const AGENT_CONFIG = edgeAgentConfigSchema.parse({
  site: 'brest',
  agent: 'edge-1',
  dataDir: '/agent',
  mqtt: { url: 'mqtt://simulated:1883' },
  journal: { segmentBytes: 65_536, reserveBytes: 8_192 },
  delivery: { ackTimeoutMs: 400, ackTimeoutMaxMs: 2_000, checkpointMs: 1_000, windowRecords: 40 },
  machines: ['pump-01', 'cnc-01'].map((id) => ({ id, opcua: { endpoint: 'opc.tcp://simulated:4840' } })),
});
const INGEST_CONFIG = ingestConfigSchema.parse({ limits: { rebirthIntervalMs: 500, lingerMs: 5 } });

/** One course of events: the real agent (journal, pipeline, publisher) and the real ingest between simulated neighbours. */
class Simulation {
  readonly #seed: number;
  readonly #mutant: Mutant | undefined;
  readonly #random: () => number;
  readonly #time: VirtualTime;
  readonly #network: SimulatedNetwork;
  readonly #storeDisk = new SimulatedStoreDisk();
  readonly #machines: readonly SimulatedMachine[];
  readonly #skew = { offsetMs: 0 };
  readonly #workers: number;
  #disk: SimulatedDisk;
  #agent: { process: SimulatedProcess; agent: EdgeAgent; sources: SimulatedSource[] } | undefined;
  #ingests: SimulatedProcess[] = [];
  #restoreStore: (() => void) | undefined;
  #epochs = 0;
  readonly #events: string[] = [];

  constructor(seed: number, mutant?: Mutant) {
    this.#seed = seed;
    this.#mutant = mutant;
    this.#random = seededRandom(seed);
    this.#time = new VirtualTime(this.#random);
    this.#network = new SimulatedNetwork(this.#time, this.#random);
    this.#disk = this.#prepared(new SimulatedDisk(seed));
    this.#machines = AGENT_CONFIG.machines.map(({ id }) => new SimulatedMachine(id, SIGNALS, this.#time));
    this.#workers = this.#random() < 0.25 ? 2 : 1;
    this.#storeDisk.answersEarly = mutant === 'acknowledge-before-commit';
  }

  async run(): Promise<SimulationResult> {
    this.#time.install();
    try {
      return await this.#run();
    } finally {
      this.#time.uninstall();
    }
  }

  async #run(): Promise<SimulationResult> {
    this.#startAgent();
    for (let i = 0; i < this.#workers; i += 1) this.#startIngest(i);
    this.#produce();
    await this.#time.pass(500);
    const endMs = this.#time.elapsedMs + TROUBLE_MS;
    while (this.#time.elapsedMs < endMs) {
      this.#trouble();
      await this.#time.pass(50 + this.#random() * 900);
    }
    this.#calm();
    await this.#time.pass(1_000);
    for (const machine of this.#machines) machine.isRunning = false;
    await this.#time.pass(DRAIN_BOUND_MS, () => this.#isAllThere());
    await this.#time.pass(AFTERMATH_MS);
    const result = this.#judge();
    for (const process of [this.#agent?.process, ...this.#ingests]) if (process) process.isDead = true;
    return result;
  }

  #say(what: string): void {
    this.#events.push(`${(this.#time.elapsedMs / 1000).toFixed(3)} ${what}`);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  #produce(): void {
    for (const machine of this.#machines) machine.produce(this.#chance(0.1) ? 3 : 1);
    this.#time.after(PRODUCE_MS * (0.5 + this.#random()), () => this.#produce());
  }

  // --- processes ---

  #prepared(disk: SimulatedDisk): SimulatedDisk {
    disk.shortWrites = true;
    if (this.#mutant !== 'acknowledge-before-sync') return disk;
    const open = disk.open.bind(disk);
    disk.open = async (path, mode) => ({ ...(await open(path, mode)), sync: async () => undefined });
    return disk;
  }

  #startAgent(): void {
    const process: SimulatedProcess = { name: 'agent', isDead: false };
    const sources: SimulatedSource[] = [];
    this.#time.as(process, () => {
      const agent = new EdgeAgent({
        config: AGENT_CONFIG,
        log,
        clock: this.#time.clock(this.#skew),
        disk: this.#disk,
        connect: this.#network.agentPort(process),
        newEpoch: () => this.#newEpoch(),
        createSource: ({ id }) => {
          const machine = this.#machines.find((one) => one.id === id);
          if (!machine) throw new Error(`no machine ${id}`);
          const source = new SimulatedSource(machine);
          sources.push(source);
          return source;
        },
      });
      this.#agent = { process, agent, sources };
      agent.start().catch((error: unknown) => this.#startAgain(process, error));
      if (this.#mutant === 'trim-what-was-only-sent')
        this.#network.onSent = () =>
          void agent.journal.acknowledge([[1, Math.max(1, agent.journal.stats().head)]]);
    });
  }

  /** As the supervisor does with a process that ends. */
  #startAgain(process: SimulatedProcess, error: unknown): void {
    if (process.isDead) return;
    this.#say(`the agent did not start: ${String(error)}`);
    process.isDead = true;
    if (this.#agent?.process !== process) return;
    this.#agent = undefined;
    this.#disk = this.#prepared(this.#disk.crash());
    this.#time.after(SUPERVISOR_MS, () => this.#startAgent());
  }

  #newEpoch(): string {
    this.#epochs += 1;
    return this.#epochs.toString(16).padStart(16, '0');
  }

  #startIngest(worker: number): void {
    const process: SimulatedProcess = { name: `ingest-${worker}`, isDead: false };
    this.#ingests[worker] = process;
    this.#time.as(process, () => {
      const ingest = new Ingest({
        config: INGEST_CONFIG,
        store: new SimulatedStore(this.#storeDisk),
        registry: new Registry(),
        log,
        clock: this.#time.clock({ offsetMs: 0 }),
        connect: this.#network.ingestPort(process, this.#workers > 1),
      });
      void ingest.start();
    });
  }

  // --- trouble ---

  #trouble(): void {
    const kinds = [
      () => this.#killAgent(),
      () => this.#killAgent(),
      () => this.#killIngest(),
      () => this.#cut(),
      () => this.#brokerAway(),
      () => this.#storeMoody(),
      () => this.#storeRestored(),
      () => this.#diskFull(),
      () => this.#weather(),
      () => this.#clockJump(),
      () => this.#metadata(),
      () => this.#machineAway(),
    ];
    kinds[Math.floor(this.#random() * kinds.length)]?.();
  }

  /** Between two calls to the disk, or in the middle of what it was doing; what was not synced may be gone. */
  #killAgent(): void {
    const running = this.#agent;
    if (!running) return;
    this.#agent = undefined;
    if (this.#chance(0.6)) this.#disk.callsLeft = this.#between(0, 5);
    const silently = this.#chance(0.3);
    this.#time.after(this.#between(0, 40), () => {
      this.#say('kill agent');
      running.process.isDead = true;
      this.#network.cut('agent', silently);
      this.#disk = this.#prepared(this.#disk.crash());
      this.#time.after(this.#between(10, 1_500), () => this.#startAgent());
    });
  }

  #killIngest(): void {
    this.#killWorker(this.#between(0, this.#workers - 1));
  }

  #killWorker(worker: number): void {
    const process = this.#ingests[worker];
    if (!process || process.isDead) return;
    this.#say(`kill ingest ${worker}`);
    process.isDead = true;
    this.#network.cut(process.name, false);
    if (this.#mutant === 'forget-a-range') this.#storeDisk.forgetRange();
    this.#time.after(this.#between(10, 1_500), () => this.#startIngest(worker));
  }

  /** At first a backup is made. The journal trims nothing in so short a time: it has all that came since. */
  #storeRestored(): void {
    const restore = this.#restoreStore;
    this.#say(restore ? 'store restored' : 'store backed up');
    this.#restoreStore = restore ? undefined : this.#storeDisk.backup();
    if (!restore) return;
    for (let worker = 0; worker < this.#workers; worker += 1) this.#killWorker(worker);
    restore();
  }

  #cut(): void {
    const name = this.#chance(0.5) ? 'agent' : `ingest-${this.#between(0, this.#workers - 1)}`;
    const silently = this.#chance(0.4);
    this.#say(`${silently ? 'half-open' : 'cut'} ${name}`);
    this.#network.cut(name, silently);
  }

  #brokerAway(): void {
    this.#say('broker away');
    this.#network.goDown();
    this.#time.after(this.#between(50, 3_000), () => (this.#network.isUp = true));
  }

  #storeMoody(): void {
    const moods = ['refusing', 'failing', 'losing-answers'] as const;
    const mood = moods[this.#between(0, 2)] ?? 'refusing';
    this.#say(`store ${mood}`);
    this.#storeDisk.mood = mood;
    this.#storeDisk.latencyMs = this.#between(1, 300);
    this.#time.after(this.#between(50, 2_500), () => this.#storeSound());
  }

  #storeSound(): void {
    this.#storeDisk.mood = 'sound';
    this.#storeDisk.latencyMs = this.#between(1, 20);
  }

  #diskFull(): void {
    this.#say('disk full');
    const disk = this.#disk;
    disk.capacity = disk.usedBytes + this.#between(0, 3_000);
    this.#time.after(this.#between(100, 3_000), () => {
      disk.capacity = Infinity;
      this.#disk.capacity = Infinity;
    });
  }

  #weather(): void {
    const { weather } = this.#network;
    Object.assign(weather, {
      latencyMs: this.#between(1, 400),
      lossRate: this.#random() * 0.4,
      doubleRate: this.#random() * 0.3,
    });
    this.#say(`weather ${Math.round(weather.latencyMs)} ms, loses ${weather.lossRate.toFixed(2)}`);
    this.#time.after(this.#between(200, 4_000), () => this.#fairWeather());
  }

  #fairWeather(): void {
    Object.assign(this.#network.weather, { latencyMs: 5, lossRate: 0, doubleRate: 0 });
  }

  #clockJump(): void {
    this.#skew.offsetMs = (this.#random() - 0.5) * 2 * 7_200_000;
    this.#say(`clock ${Math.round(this.#skew.offsetMs / 1000)} s`);
  }

  #metadata(): void {
    const machine = this.#machines[this.#between(0, this.#machines.length - 1)];
    if (!machine) return;
    machine.revision += 1;
    this.#say(`metadata of ${machine.id}`);
  }

  #machineAway(): void {
    const source = this.#agent?.sources[0];
    if (!source || source.isAway) return;
    this.#say('machine away');
    source.goAway();
    this.#time.after(this.#between(100, 2_000), () => source.comeBack());
  }

  /** Everything is well again; whoever is down comes up by itself. */
  #calm(): void {
    this.#say('calm');
    this.#storeSound();
    this.#fairWeather();
    this.#disk.capacity = Infinity;
    this.#network.isUp = true;
  }

  // --- the end ---

  #isAllThere(): boolean {
    const { rows, restoredLost } = this.#storeDisk;
    const wanted = this.#machines.reduce((sum, { count, signals }) => sum + count * signals, 0);
    if (rows.length + restoredLost < wanted) return false;
    const stats = this.#agent?.agent.journal.stats();
    if (restoredLost > 0) return stats !== undefined && stats.tail > stats.head;
    const counts = countsOf(this.#machines, rows);
    return counts.every(({ values, machine }) => new Set(values).size >= machine.count);
  }

  #judge(): SimulationResult {
    const journaled = this.#epochs === 1 ? this.#agent?.agent.journal.stats().journaled : undefined;
    const verdict = judge(this.#machines, this.#storeDisk, journaled);
    return {
      seed: this.#seed,
      ...verdict,
      events: this.#events,
      virtualS: this.#time.elapsedMs / 1000,
    };
  }
}

/** Runs one seed. Not to be run twice at once: it owns the process's clock. */
export const simulate = (seed: number, mutant?: Mutant): Promise<SimulationResult> =>
  new Simulation(seed, mutant).run();

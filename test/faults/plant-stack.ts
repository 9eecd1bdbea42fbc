import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { NODE_OPTIONS } from '../../services/centre/node-options.ts';
import { TEST_PASSWORD, writeClientsFile } from '../support/broker-fixture.ts';
import { freePort, freePortRange } from '../support/free-ports.ts';
import { findProgram } from '../support/programs.ts';
import { Cable } from './cable.ts';
import { Child } from './child.ts';
import type { InfluxSide } from './influxdb/influx-side.ts';

export const COMPONENTS = ['broker', 'simulators', 'services', 'edge-agent'] as const;
export type Component = (typeof COMPONENTS)[number];

const ENTRIES: Readonly<Record<Component, string>> = {
  broker: 'services/broker/main.ts',
  simulators: 'simulators/main.ts',
  services: 'services/main.ts',
  'edge-agent': 'edge-agent/main.ts',
};

/** Machines of the plant under test: two that count at 10 Hz, one with physics. */
const MACHINES = ['load-1', 'load-2', 'compressor-01'];
const name = (text: string): object => ({ en: text, ru: text, be: text, zh: text });
const plantOf = (signals: number): object => ({
  site: 'brest',
  enterprise: 'Pilot',
  name: name('Plant of the fault harness'),
  machines: [
    { id: 'load', kind: 'load', count: 2, name: name('Load'), parameters: { signals, rateHz: 10 } },
    {
      id: 'compressor-01',
      kind: 'compressor',
      name: name('Compressor'),
      disturbances: { badPerHour: 600, uncertainPerHour: 600, meanDurationS: 1 },
    },
  ],
});

export interface StackOptions {
  /** Counting signals of each of the two load machines. */
  readonly signals?: number;
  /** What differs from the usual configuration of a process, merged at its first level. */
  readonly changes?: Partial<Record<Component, Readonly<Record<string, unknown>>>>;
  /** Folders on a file system of their own. */
  readonly journalDir?: string;
  readonly historianDir?: string;
  /** Samples lie in what this starts, with the folder of the plant, instead of in the embedded historian. */
  readonly influx?: (dir: string) => Promise<InfluxSide>;
  /** Processes whose clock can be set: by `<component>.clock` in the stack's folder, in seconds off (libfaketime). */
  readonly clocks?: readonly Component[];
}

/** The whole chain as real processes in a folder of their own, with cables that can be harmed in between. */
export class PlantStack {
  readonly dir: string = mkdtempSync(path.join(tmpdir(), 'faults-'));
  readonly processes: Readonly<Record<Component, Child>>;
  readonly #options: StackOptions;
  /** Agent to broker; services to broker; agent to each OPC UA server. */
  readonly cables: { agent: Cable; services: Cable; machines: Cable[] } = {
    agent: new Cable(0),
    services: new Cable(0),
    machines: [],
  };
  readonly ledgers: string[] = [];
  /** `kill -9`s so far. */
  readonly kills: Record<Component, number> = { broker: 0, simulators: 0, services: 0, 'edge-agent': 0 };
  #influx: InfluxSide | undefined;
  #ports = { broker: 0, opcua: 0, http: 0 };

  constructor(options: StackOptions = {}) {
    this.#options = options;
    const child = (name: Component): Child =>
      new Child({
        name,
        entry: ENTRIES[name],
        config: path.join(this.dir, `${name}.yaml`),
        logFile: path.join(this.dir, `${name}.log`),
        env: this.#clockOf(name),
        v8Options: NODE_OPTIONS[name],
      });
    this.processes = {
      broker: child('broker'),
      simulators: child('simulators'),
      services: child('services'),
      'edge-agent': child('edge-agent'),
    };
  }

  #clockOf(component: Component): NodeJS.ProcessEnv | undefined {
    const library = findProgram('libfaketime');
    if (library === undefined || !this.#options.clocks?.includes(component)) return undefined;
    const file = path.join(this.dir, `${component}.clock`);
    writeFileSync(file, '+0');
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  get #signals(): number {
    return this.#options.signals ?? 12;
  }

  /** Those of which new values are awaited after each fault. */
  get countingSignals(): number {
    return 2 * this.#signals;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  get brokerPort(): number {
    return this.#ports.broker;
  }

  get historianDir(): string {
    return this.#options.historianDir ?? path.join(this.dir, 'services', 'historian');
  }

  /** Where the samples lie, when not in {@link historianDir}. */
  get influx(): InfluxSide | undefined {
    return this.#influx;
  }

  get journalDir(): string {
    return this.#options.journalDir ?? path.join(this.agentDir, 'journal');
  }

  get agentDir(): string {
    return path.join(this.dir, 'edge-agent');
  }

  configOf(component: Component): string {
    return this.processes[component].spec.config;
  }

  async start(): Promise<void> {
    this.#ports = {
      broker: await freePort(),
      opcua: await freePortRange(MACHINES.length),
      http: await freePort(),
    };
    await this.#layCables();
    await writeClientsFile(path.join(this.dir, 'clients.json'), [
      { username: 'edge-1', role: 'agent', site: 'brest', agent: 'edge-1' },
      { username: 'ingest', role: 'ingest' },
      { username: 'observer', role: 'observer' },
    ]);
    writeFileSync(path.join(this.dir, 'password'), TEST_PASSWORD);
    writeFileSync(path.join(this.dir, 'plant.yaml'), stringify(plantOf(this.#signals)));
    await restoreKeys(path.join(this.dir, 'simulators', 'pki'));
    this.#influx = await this.#options.influx?.(this.dir);
    this.#writeBroker();
    this.#writeServices();
    await Promise.all([this.startProcess('broker'), this.startProcess('simulators')]);
    await keepKeys(path.join(this.dir, 'simulators', 'pki'));
    await this.writeAgent();
    await Promise.all([this.startProcess('services'), this.startProcess('edge-agent')]);
  }

  async #layCables(): Promise<void> {
    const { broker, opcua } = this.#ports;
    this.cables.agent = new Cable(broker);
    this.cables.services = new Cable(broker);
    this.cables.machines = MACHINES.map((_id, i) => new Cable(opcua + i));
    for (const cable of this.#allCables()) await cable.start();
  }

  #allCables(): Cable[] {
    return [this.cables.agent, this.cables.services, ...this.cables.machines];
  }

  /** Starts a process (again). The simulators get a ledger of their own for each life. */
  async startProcess(component: Component, change: Parameters<Child['start']>[0] = {}): Promise<void> {
    if (component === 'simulators') this.#writeSimulators();
    await this.processes[component].start(change);
  }

  /** `kill -9`, also of one that is still starting. */
  async kill(component: Component): Promise<void> {
    this.kills[component] += 1;
    await this.processes[component].kill();
  }

  #write(component: Component, config: Readonly<Record<string, unknown>>): void {
    const merged = { ...config, ...this.#options.changes?.[component] };
    writeFileSync(this.configOf(component), stringify(merged));
  }

  #writeBroker(): void {
    this.#write('broker', {
      listen: { tcpPort: this.#ports.broker, wsPort: null },
      clientsFile: path.join(this.dir, 'clients.json'),
    });
  }

  #writeSimulators(): void {
    const ledger = path.join(this.dir, `ledger-${this.ledgers.length + 1}.jsonl`);
    this.ledgers.push(ledger);
    this.#write('simulators', {
      dataDir: path.join(this.dir, 'simulators'),
      plant: path.join(this.dir, 'plant.yaml'),
      basePort: this.#ports.opcua,
      ledger,
      ledgerAtOnce: true,
      seed: this.ledgers.length,
    });
  }

  #writeServices(): void {
    this.#write('services', {
      ingest: {
        broker: {
          url: `mqtt://127.0.0.1:${this.cables.services.port}`,
          username: 'ingest',
          passwordFile: path.join(this.dir, 'password'),
        },
      },
      store: this.#influx?.storeConfig ?? {
        kind: 'embedded',
        directory: this.historianDir,
        sealIntervalMs: 3_000,
      },
      http: { port: this.#ports.http },
    });
  }

  /** `machines` is what a test wants otherwise, by machine id. */
  async writeAgent(
    machines: Readonly<Record<string, object>> = {},
    file = this.configOf('edge-agent'),
  ): Promise<void> {
    mkdirSync(this.agentDir, { recursive: true });
    const endpoints = path.join(this.dir, 'simulators', 'endpoints.json');
    const { endpoints: known } = JSON.parse(await readFile(endpoints, 'utf8')) as {
      endpoints: { id: string; kind: string; certificateSha256: string; rootNodeId: string }[];
    };
    const config = {
      site: 'brest',
      agent: 'edge-1',
      dataDir: this.agentDir,
      mqtt: {
        url: `mqtt://127.0.0.1:${this.cables.agent.port}`,
        username: 'edge-1',
        passwordFile: path.join(this.dir, 'password'),
      },
      journal: { dir: this.journalDir, segmentBytes: 262_144, maxBytes: 64 * 2 ** 20 },
      delivery: { checkpointMs: 2_000 },
      opcua: { monitoring: { trigger: 'statusValueTimestamp', samplingIntervalMs: 0, queueSize: 5_000 } },
      machines: known.map(({ id, kind, certificateSha256, rootNodeId }) => ({
        id,
        kind,
        provenance: 'simulated',
        opcua: {
          endpoint: `opc.tcp://127.0.0.1:${this.cables.machines[MACHINES.indexOf(id)]?.port}`,
          serverCertificateSha256: certificateSha256,
        },
        browse: { root: rootNodeId },
        ...machines[id],
      })),
      ...this.#options.changes?.['edge-agent'],
    };
    writeFileSync(file, stringify(config));
  }

  async stop(): Promise<void> {
    await Promise.all(COMPONENTS.map((component) => this.processes[component].kill()));
    await Promise.all(this.#allCables().map((cable) => cable.stop()));
    await this.#influx?.stop();
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Making a key takes seconds: the servers' keys are made once a process of the harness, and copied. */
let madeKeys: string | undefined;

async function restoreKeys(to: string): Promise<void> {
  if (madeKeys !== undefined) await cp(madeKeys, to, { recursive: true });
}

async function keepKeys(from: string): Promise<void> {
  if (madeKeys !== undefined) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'fault-keys-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await cp(from, folder, { recursive: true });
  madeKeys = folder;
}

import { createApi, type Api, type ApiOptions } from '../../services/api/create-api.ts';
import type {
  AgentPresence,
  IngestCounters,
  MachinePresence,
  Presence,
  RecordTimes,
} from '#contracts/presence.ts';
import { machineId, signalId, type MachineId } from '#domain/asset-path.ts';
import type { Signal } from '#domain/machine.ts';
import { createSampleBatch, setValue, type SampleBatch } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import type { MachineCatalogue, SampleStore, SignalNo, StreamKey } from '#domain/sample-store.ts';
import type { TimeNs } from '#domain/time.ts';
import { createLogger } from '#platform/logger.ts';
import { Registry } from '#platform/metrics.ts';
import { MemorySampleStore } from './memory-sample-store.ts';

/** Presence that a test writes by hand. */
export class FakePresence implements Presence {
  machineStates: MachinePresence[] = [];
  agentStates: AgentPresence[] = [];
  connectedToBroker = true;
  /** By sequence, of any stream. */
  readonly times = new Map<number, RecordTimes>();
  readonly #listeners = new Set<() => void>();

  machines(): readonly MachinePresence[] {
    return this.machineStates;
  }

  agents(): readonly AgentPresence[] {
    return this.agentStates;
  }

  counters(): IngestCounters {
    const { connectedToBroker } = this;
    return { messages: 0, samples: 0, duplicates: 0, rejected: 0, pending: 0, connectedToBroker };
  }

  recordTimes(_stream: StreamKey, sequence: number): RecordTimes | undefined {
    return this.times.get(sequence);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  alive(machine: MachineId, connected = true, lastAliveAt = Date.now()): void {
    this.machineStates = this.machineStates.filter((each) => each.machine !== machine);
    const link = connected ? 'online' : 'offline';
    this.machineStates.push({ machine, agent: 'brest/edge-1', connected, lastAliveAt, link });
  }
}

export function demoCatalogue(machine: string, paths: readonly string[]): MachineCatalogue {
  const id = machineId('brest', machine);
  return {
    machine: {
      id,
      kind: 'pump-loop',
      name: { en: `Machine ${machine}`, ru: `Машина ${machine}` },
      provenance: 'simulated',
      assetPath: { enterprise: 'technopark', site: 'brest', line: 'line-1' },
    },
    signals: paths.map((path): Signal => ({
      id: signalId('brest', machine, path),
      machine: id,
      path,
      name: { en: path },
      dataType: 'Double',
      isArray: false,
      unit: { code: 'BAR', symbol: 'bar' },
      range: { low: 0, high: 10 },
      nodeId: `nsu=urn:test;s=${machine}.${path}`,
    })),
  };
}

export interface Row {
  readonly no: SignalNo;
  readonly t: TimeNs;
  readonly value: SampleValue;
  readonly statusCode?: number;
  readonly flags?: number;
}

export function batchOf(rows: readonly Row[]): SampleBatch {
  const batch = createSampleBatch(rows.length);
  rows.forEach((row, i) => {
    batch.signal[i] = row.no;
    batch.timeNs[i] = row.t;
    batch.statusCode[i] = row.statusCode ?? 0;
    batch.flags[i] = row.flags ?? 0;
    setValue(batch, i, row.value);
  });
  batch.count = rows.length;
  return batch;
}

export const STREAM: StreamKey = { agent: 'brest/edge-1', epoch: '0123456789abcdef' };

/** A running API over a store (in memory unless another is given), and the means to feed it. */
export class ApiFixture<Store extends SampleStore = MemorySampleStore> {
  readonly store: Store;
  readonly presence = new FakePresence();
  readonly registry = new Registry();
  api: Api | undefined;
  url = '';
  port = 0;
  sequence = 0;

  constructor(store: Store) {
    this.store = store;
  }

  static inMemory(): ApiFixture {
    return new ApiFixture(new MemorySampleStore());
  }

  async start(options: Partial<ApiOptions> = {}): Promise<this> {
    const { store, presence, registry } = this;
    const log = createLogger('api-test', process.env['LOG_LEVEL'] ?? 'silent');
    this.api = createApi({ store, presence, registry, log, ...options });
    ({ port: this.port, url: this.url } = await this.api.start());
    return this;
  }

  async stop(): Promise<void> {
    await this.api?.stop();
  }

  /** Registers a machine and lets it be alive. Answers the numbers of its signals. */
  async addMachine(machine: string, paths: readonly string[]): Promise<readonly SignalNo[]> {
    this.presence.alive(machineId('brest', machine));
    const numbers = await this.store.putCatalogue(demoCatalogue(machine, paths));
    this.presence.changed();
    return numbers;
  }

  async put(machine: string, rows: readonly Row[]): Promise<void> {
    await this.putBatch(machineId('brest', machine), batchOf(rows));
  }

  async putBatch(machine: MachineId, batch: SampleBatch): Promise<void> {
    this.sequence += 1;
    const { sequence } = this;
    await this.store.append([
      { kind: 'samples', stream: STREAM, sequence, checksum: sequence, machine, batch },
    ]);
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`);
  }
}

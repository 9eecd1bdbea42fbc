import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { machineId, parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import { crc32c } from '#domain/crc32c.ts';
import type { DataTypeName, Signal } from '#domain/machine.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { MachineCatalogue, SampleStore, SamplesRecord, StreamKey } from '#domain/sample-store.ts';
import { SampleFlag, type Sample } from '#domain/sample.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { valueTypeOf, type ValueType } from '#domain/value-type.ts';

export interface ImportOrder {
  readonly file: string;
  readonly store: SampleStore;
  /** The file's samples, the same pages at each call. Thrown through when a page cannot be read. */
  readonly pages: () => AsyncIterable<readonly Sample[]>;
  readonly onProgress: (samples: number) => void;
}

export interface ImportFigures {
  readonly samples: number;
  /** Of them, what the store did not have. */
  readonly stored: number;
  /** Machines and signals that no catalogue had. */
  readonly newMachines: readonly MachineId[];
  readonly newSignals: number;
}

/** Kind of the machines that only a file tells of. */
const IMPORTED_KIND = 'imported';

/**
 * Brings a file's samples into a store, as backfill of an agent `import` whose epoch is the file's SHA-256: the same file again, or after `kill -9`, goes on
 * where it was. Samples that the store has are left out. First all of the file is read: nothing is stored of one that has a bad line.
 */
export async function importSamples(order: ImportOrder): Promise<ImportFigures> {
  const { store, pages, file } = order;
  const types = await typesOf(pages());
  const made = await announce(store, types);
  const held = new Set<SignalId>();
  for (const id of types.keys()) if ((await store.countSamples(id, ALL_TIME, 1)) > 0) held.add(id);
  const streams = new ImportStreams(store, await epochOf(file));
  let [samples, stored] = [0, 0];
  for await (const page of pages()) {
    for (const [machine, rows] of Map.groupBy(page, ({ signal }) => machineOf(signal))) {
      const { stream, sequence, isKnown } = await streams.next(machine);
      samples += rows.length;
      if (isKnown) continue;
      const fresh = await withoutKnown(store, rows, held);
      const record = recordOf(store, { stream, machine, sequence, checksum: checksumOf(rows) }, fresh);
      stored += (await store.append([record])).samples;
    }
    order.onProgress(samples);
  }
  await streams.close();
  return { samples, stored, ...made };
}

const ALL_TIME = { from: -(2n ** 63n), to: 2n ** 63n };

/** One stream for each site that the file tells of. */
class ImportStreams {
  readonly #store: SampleStore;
  readonly #epoch: string;
  readonly #received = new Map<string, SequenceRanges>();
  readonly #sequences = new Map<string, number>();

  constructor(store: SampleStore, epoch: string) {
    this.#store = store;
    this.#epoch = epoch;
  }

  async next(machine: MachineId): Promise<{ stream: StreamKey; sequence: number; isKnown: boolean }> {
    const agent = `${machine.split('/')[0]}/import`;
    const stream = { agent, epoch: this.#epoch };
    const sequence = (this.#sequences.get(agent) ?? 0) + 1;
    this.#sequences.set(agent, sequence);
    let received = this.#received.get(agent);
    if (!received) {
      received = SequenceRanges.of((await this.#store.openStream(stream)).received);
      this.#received.set(agent, received);
    }
    return { stream, sequence, isKnown: received.has(sequence) };
  }

  /** Nothing comes of them any more, and nothing is missing. */
  async close(): Promise<void> {
    for (const { stream, stored, rejected, expired = 0 } of await this.#store.audit()) {
      const head = this.#sequences.get(stream.agent);
      if (head === undefined || stream.epoch !== this.#epoch) continue;
      const produced = stored + rejected + expired;
      await this.#store.closeStream(stream, { head, produced, discarded: 0, carried: 0 });
    }
  }
}

function machineOf(signal: SignalId): MachineId {
  const { site = '', machine = '' } = parseSignalId(signal) ?? {};
  return machineId(site, machine);
}

type SignalTypes = Map<SignalId, Set<ValueType>>;

async function typesOf(pages: AsyncIterable<readonly Sample[]>): Promise<SignalTypes> {
  const types: SignalTypes = new Map();
  for await (const page of pages)
    for (const { signal, value } of page) {
      const its = types.get(signal);
      if (its) its.add(valueTypeOf(value));
      else types.set(signal, new Set([valueTypeOf(value)]));
    }
  return types;
}

const DATA_TYPES: readonly (readonly [ValueType, DataTypeName])[] = [
  ['json', 'Structure'],
  ['text', 'String'],
  ['bytes', 'ByteString'],
  ['number', 'Double'],
  ['-0', 'Double'],
  ['integer', 'Int64'],
  ['bool', 'Boolean'],
];

const dataTypeOf = (types: ReadonlySet<ValueType>): DataTypeName =>
  DATA_TYPES.find(([type]) => types.has(type))?.[1] ?? 'Double';

/** Tells the store of machines and signals that it does not know. */
async function announce(
  store: SampleStore,
  types: SignalTypes,
): Promise<Pick<ImportFigures, 'newMachines' | 'newSignals'>> {
  const newMachines: MachineId[] = [];
  let newSignals = 0;
  for (const [machine, ids] of Map.groupBy(types.keys(), machineOf)) {
    const unknown = ids.filter((id) => store.signalNo(id) === undefined);
    if (unknown.length === 0) continue;
    const known = store.machines().find((one) => one.machine.id === machine);
    if (!known) newMachines.push(machine);
    newSignals += unknown.length;
    const added = unknown.map((id) => signalOf(id, machine, types.get(id) ?? new Set()));
    const catalogue = known ?? emptyCatalogue(machine);
    await store.putCatalogue({ ...catalogue, signals: [...catalogue.signals, ...added] });
  }
  return { newMachines, newSignals };
}

function emptyCatalogue(id: MachineId): MachineCatalogue {
  const [site = '', name = ''] = id.split('/');
  const assetPath = { enterprise: site, site };
  return {
    machine: { id, assetPath, kind: IMPORTED_KIND, name: { en: name }, provenance: 'replay' },
    signals: [],
  };
}

function signalOf(id: SignalId, machine: MachineId, types: ReadonlySet<ValueType>): Signal {
  const { path } = parseSignalId(id) ?? { path: id };
  const dataType = dataTypeOf(types);
  return {
    id,
    machine,
    path,
    name: { en: path },
    dataType,
    isArray: false,
    nodeId: `nsu=urn:import;s=${path}`,
  };
}

/** 16 hex digits. */
async function epochOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}

function recordOf(
  store: SampleStore,
  head: Pick<SamplesRecord, 'stream' | 'machine' | 'sequence' | 'checksum'>,
  rows: readonly Sample[],
): SamplesRecord {
  const batch = createSampleBatch(Math.max(1, rows.length));
  rows.forEach(({ signal, sourceTimestamp, value, statusCode, flags }, i) => {
    batch.signal[i] = store.signalNo(signal) ?? 0;
    batch.timeNs[i] = sourceTimestamp;
    setValue(batch, i, value);
    batch.statusCode[i] = statusCode;
    batch.flags[i] = flags | SampleFlag.historical;
  });
  batch.count = rows.length;
  return { kind: 'samples', ...head, batch };
}

const keyOf = ({ sourceTimestamp, value, statusCode }: Sample): string => {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  const plain = typeof text === 'object' && text !== null ? text.json : String(text);
  return `${sourceTimestamp} ${statusCode} ${valueTypeOf(value)} ${plain}`;
};

/** What the store holds already of the signals `held` is left out, each as often as it is there. */
async function withoutKnown(
  store: SampleStore,
  rows: readonly Sample[],
  held: ReadonlySet<SignalId>,
): Promise<readonly Sample[]> {
  const known = new Map<string, number>();
  const doubtful = rows.filter(({ signal }) => held.has(signal));
  for (const [signal, its] of Map.groupBy(doubtful, (row) => row.signal)) {
    const times = its.map(({ sourceTimestamp }) => sourceTimestamp);
    const range = {
      from: times.reduce((a, b) => (a < b ? a : b)),
      to: times.reduce((a, b) => (a > b ? a : b)) + 1n,
    };
    for (const sample of await store.samples(signal, range, Number.MAX_SAFE_INTEGER)) {
      const key = `${signal} ${keyOf(sample)}`;
      known.set(key, (known.get(key) ?? 0) + 1);
    }
  }
  if (known.size === 0) return rows;
  return rows.filter((row) => {
    const key = `${row.signal} ${keyOf(row)}`;
    const left = known.get(key) ?? 0;
    if (left > 0) known.set(key, left - 1);
    return left === 0;
  });
}

function checksumOf(rows: readonly Sample[]): number {
  const encoder = new TextEncoder();
  return rows.reduce((crc, row) => crc32c(encoder.encode(`${row.signal} ${keyOf(row)}\n`), crc), 0);
}

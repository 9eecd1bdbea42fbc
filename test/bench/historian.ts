/** Figures of the embedded historian: appends, bytes per sample, queries over a sealed day while writes go on. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import { createSampleBatch, ValueKind, type SampleBatch } from '#domain/sample-batch.ts';
import type {
  MachineCatalogue,
  SamplesRecord,
  SignalNo,
  StreamKey,
  TimeRange,
} from '#domain/sample-store.ts';
import { openDatabase } from '../../services/historian/embedded/database.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { HotStore } from '../../services/historian/embedded/hot-store.ts';
import { LatestTable } from '../../services/historian/embedded/latest-table.ts';
import { createColumns } from '../../services/historian/embedded/packed-columns.ts';
import { SealedFiles } from '../../services/historian/embedded/sealed-files.ts';
import { Sealer } from '../../services/historian/embedded/sealer.ts';
import { SealingClient } from '../../services/historian/embedded/sealing-client.ts';
import { quantile } from './reference.ts';

const MACHINE: MachineId = 'bench/machine';
const STREAM: StreamKey = { agent: 'bench', epoch: '00000000000000be' };
const NS_PER_MS = 1_000_000n;

export const benchSignal = (i: number): SignalId => `${MACHINE}/s${i}`;

export function benchCatalogue(signals: number): MachineCatalogue {
  const assetPath = { enterprise: 'bench', site: 'bench' };
  return {
    machine: { id: MACHINE, assetPath, kind: 'bench', name: { en: 'Bench' }, provenance: 'simulated' },
    signals: Array.from({ length: signals }, (_, i) => ({
      id: benchSignal(i),
      machine: MACHINE,
      path: `s${i}`,
      name: { en: `s${i}` },
      dataType: 'Double',
      isArray: false,
      nodeId: `nsu=bench;i=${i}`,
    })),
  };
}

/** A factory's mixture: of ten signals six measured to 0.01, one raw double, two counters, one switch. */
function putPlantValue(
  to: Pick<SampleBatch, 'kind' | 'f64' | 'i64'>,
  row: number,
  signal: number,
  tick: number,
): void {
  const which = signal % 10;
  if (which < 6) {
    const wave = 50 + 30 * Math.sin(tick / (200 + signal)) + ((tick * 7919 + signal * 104_729) % 101) / 100;
    to.kind[row] = ValueKind.float;
    to.f64[row] = Math.round(wave * 100) / 100;
  } else if (which === 6) {
    to.kind[row] = ValueKind.float;
    to.f64[row] = Math.sin(tick / (30 + signal)) + Math.random() / 50;
  } else if (which < 9) {
    to.kind[row] = ValueKind.int;
    to.i64[row] = BigInt(Math.floor(tick / (3 + which)));
  } else {
    to.kind[row] = ValueKind.bool;
    to.f64[row] = Math.floor(tick / 300) % 2;
  }
}

/** Records of `rows` samples that go round the signals; 100 ns digits and a jitter in the times, as OPC UA gives. */
export function* benchRecords(options: {
  readonly signalNos: readonly SignalNo[];
  readonly records: number;
  readonly rows: number;
  readonly from: bigint;
  readonly firstSequence?: number;
}): Generator<SamplesRecord> {
  const { signalNos, records, rows, from, firstSequence = 1 } = options;
  for (let r = 0; r < records; r += 1) {
    const batch = createSampleBatch(rows);
    for (let i = 0; i < rows; i += 1) {
      const nth = r * rows + i;
      const signal = nth % signalNos.length;
      const tick = Math.floor(nth / signalNos.length);
      batch.signal[i] = signalNos[signal] ?? 0;
      batch.timeNs[i] =
        from + BigInt(tick * 100) * NS_PER_MS + BigInt(((nth * 31) % 7) * 100 + signal * 10_000);
      putPlantValue(batch, i, signal, tick);
    }
    batch.count = rows;
    const sequence = firstSequence + r;
    yield { kind: 'samples', stream: STREAM, sequence, checksum: sequence, machine: MACHINE, batch };
  }
}

export interface AppendFigures {
  readonly samplesPerSecond: number;
  /** The same per second of processor time: what a machine with nothing else to do comes near to, on one core. */
  readonly samplesPerCpuSecond: number;
  readonly logBytesPerSample: number;
  readonly sealedBytesPerSample: number;
}

/** {@link measureRecords} for the bench's own mixture of 1,000 signals in records of `rows` samples. */
export function measureAppend(
  dir: string,
  options: { samples: number; rows: number },
): Promise<AppendFigures> {
  const { samples, rows } = options;
  const from = BigInt(Date.now()) * NS_PER_MS;
  return measureRecords(dir, benchCatalogue(1000), (signalNos) => [
    ...benchRecords({ signalNos, records: Math.ceil(samples / rows), rows, from }),
  ]);
}

/**
 * Any records of one machine, from `append()` to durable and visible to queries, with 16 calls of 10 records under way; then
 * sealed. `dir` is a new folder; `makeRecords` gets the numbers of the catalogue's signals.
 */
export async function measureRecords(
  dir: string,
  catalogue: MachineCatalogue,
  makeRecords: (signalNos: readonly SignalNo[]) => readonly SamplesRecord[],
): Promise<AppendFigures> {
  const config = { hotRows: 20_000_000, memoryLimitBytes: 2 ** 30, retentionDays: 36_500 };
  const store = createEmbeddedStore({ dir, config });
  await store.start();
  const records = makeRecords(await store.putCatalogue(catalogue));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const under: Promise<unknown>[] = [];
  for (let r = 0; r < records.length; r += 10) {
    under.push(store.append(records.slice(r, r + 10)));
    if (under.length >= 16) await under.shift();
  }
  await Promise.all(under);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await store.stop();
  const stored = records.reduce((sum, { batch }) => sum + batch.count, 0);
  const logBytesPerSample = fileBytes(dir, 'historian.sqlite') / stored;
  await store.start();
  await store.maintain(Date.now());
  await store.stop();
  return {
    samplesPerSecond: stored / seconds,
    samplesPerCpuSecond: (stored / (user + system)) * 1e6,
    logBytesPerSample,
    sealedBytesPerSample: fileBytes(join(dir, 'sealed'), '') / stored,
  };
}

/** Bytes of the files below `dir` whose name begins with `prefix`. */
export function fileBytes(dir: string, prefix: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith(prefix))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

export interface FillFigures {
  readonly rows: number;
  readonly seconds: number;
  readonly bytesPerSample: number;
}

/** Files that a filled day is laid out in: as many as compaction would make of it. */
const DAY_FILES = 10;

/**
 * A day of `signals` signals at 1 Hz from `from` (a midnight) on, through the store's own hot tables and sealing, some of
 * the signals after the others: the layout that a day has once it is compacted.
 */
export async function fillDay(
  dir: string,
  options: { signals: number; from: bigint; hours: number },
): Promise<FillFigures> {
  const { signals, from, hours } = options;
  mkdirSync(dir, { recursive: true });
  const start = performance.now();
  const signalNos = await registerSignals(dir, signals);
  const db = openDatabase(dir);
  const hot = new HotStore(0);
  const sealingProcess = new SealingClient(join(dir, 'temp-sealing'));
  const files = new SealedFiles(db, dir);
  files.load();
  const sealer = new Sealer({ db, hot, sealing: sealingProcess, files, latest: new LatestTable() });
  const perFile = Math.ceil(signals / DAY_FILES);
  // One part is made while the one before is sealed.
  let sealing = Promise.resolve();
  for (let first = 0; first < signals; first += perFile) {
    addDay(hot, signalNos.slice(first, first + perFile), { from, seconds: hours * 3600 });
    await sealing;
    sealing = sealer.seal(Date.now());
  }
  await sealing;
  await sealingProcess.stop();
  db.close();
  const rows = signals * 3600 * hours;
  const seconds = (performance.now() - start) / 1000;
  return { rows, seconds, bytesPerSample: fileBytes(join(dir, 'sealed'), '') / rows };
}

async function registerSignals(dir: string, signals: number): Promise<readonly SignalNo[]> {
  const store = createEmbeddedStore({ dir });
  await store.start();
  const signalNos = await store.putCatalogue(benchCatalogue(signals));
  await store.stop();
  return signalNos;
}

/** Seconds of all its signals that make one span. */
const SPAN_SECONDS = 20;

function addDay(hot: HotStore, signalNos: readonly SignalNo[], at: { from: bigint; seconds: number }): void {
  const columns = createColumns(signalNos.length * SPAN_SECONDS);
  const offsets = BigInt64Array.from(
    signalNos,
    (no) => BigInt((no * 997) % 1000) * NS_PER_MS + BigInt(no % 10) * 100n,
  );
  for (let second = 0; second < at.seconds; second += SPAN_SECONDS) {
    let row = 0;
    for (let tick = second; tick < second + SPAN_SECONDS; tick += 1) {
      const base = at.from + BigInt(tick) * 1_000_000_000n;
      for (let i = 0; i < signalNos.length; i += 1, row += 1) {
        const signal = signalNos[i] ?? 0;
        columns.signal[row] = signal;
        columns.timeNs[row] = base + (offsets[i] ?? 0n);
        putPlantValue(columns, row, signal, tick);
      }
    }
    hot.append(columns, [{ epochNo: 1, sequence: second + 1, from: 0, to: row }], 0);
  }
}

export interface QueryFigures {
  readonly coldMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** `query` for one signal after the other, the first one cold; it may answer the ms that it measured itself. */
export async function measureQuery(
  rounds: number,
  query: (round: number) => Promise<unknown>,
): Promise<QueryFigures> {
  const took: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    const answer = await query(round);
    took.push(typeof answer === 'number' ? answer : performance.now() - start);
  }
  const [coldMs = Number.NaN, ...warm] = took;
  warm.sort((a, b) => a - b);
  return { coldMs, p50Ms: quantile(warm, 0.5), p99Ms: quantile(warm, 0.99) };
}

export interface DayFigures {
  readonly oneSignal: QueryFigures;
  readonly twentySignals: QueryFigures;
  readonly rawHour: QueryFigures;
  readonly latest: QueryFigures;
  readonly writtenPerSecond: number;
}

/** Queries over a filled day while about `writePerSecond` samples a second come in. */
export async function measureDay(
  store: EmbeddedStore,
  options: { signals: number; range: TimeRange; writePerSecond: number; rounds: number },
): Promise<DayFigures> {
  const { signals, range, writePerSecond, rounds } = options;
  const writer = startWriter(store, signals, writePerSecond);
  const some = (from: number, count: number): SignalId[] =>
    Array.from({ length: count }, (_, i) => benchSignal((from * 37 + i * 41) % signals));
  const hour = { from: range.from, to: range.from + 3_600_000_000_000n };
  const oneSignal = await measureQuery(rounds, (round) => store.buckets(some(round, 1), range, 500));
  const twentySignals = await measureQuery(rounds, (round) => store.buckets(some(round, 20), range, 500));
  const rawHour = await measureQuery(rounds, (round) =>
    store.samples(benchSignal((round * 53) % signals), hour, 10_000),
  );
  const latest = await measureQuery(rounds, () => Promise.resolve(store.latest()));
  return { oneSignal, twentySignals, rawHour, latest, writtenPerSecond: await writer() };
}

/** Ten appends a second; answers a function that stops it and tells the samples a second that were stored. */
export function startWriter(store: EmbeddedStore, signals: number, perSecond: number): () => Promise<number> {
  const signalNos = Array.from({ length: signals }, (_, i) => store.signalNo(benchSignal(i)) ?? 0);
  const rows = 500;
  // Above those of earlier runs on the same store, which would be duplicates.
  let sequence = Date.now();
  let stored = 0;
  const start = performance.now();
  const under = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const records = Math.round(perSecond / 10 / rows);
    const from = BigInt(Date.now()) * NS_PER_MS;
    const call = store
      .append([...benchRecords({ signalNos, records, rows, from, firstSequence: sequence })])
      .then(({ samples }) => (stored += samples))
      .finally(() => under.delete(call));
    sequence += records;
    under.add(call);
  }, 100);
  return async () => {
    clearInterval(timer);
    await Promise.all(under);
    return stored / ((performance.now() - start) / 1000);
  };
}

export function removeBenchDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

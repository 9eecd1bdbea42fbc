import type { AliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { encodeSamples } from '#contracts/sparkplug/record-encoder.ts';
import { ValueKind, createSampleBatch, growSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import type { JournalRecord, NewRecord } from '../journal/journal.ts';

export interface ThinOptions {
  /** With the alias itself as `signal`. */
  readonly aliases: AliasTable;
  /** Longest body of one record, bytes. */
  readonly payloadBytes: number;
}

const SECOND_NS = 1_000_000_000n;
/** Spans of time of which a minimum, a maximum and a last value are kept; the last one is beyond any record. */
const SPANS_NS = [1n, 10n, 60n, 600n, 3_600n, 86_400n, 9_000_000_000n].map((seconds) => seconds * SECOND_NS);
/** Less than this part must remain, or a wider span is taken; wider than the widest: not worth while. */
const KEPT_SHARE = 0.25;

/**
 * What the policy `thin` keeps of records that are given up: of each signal and span of time the samples with the least and the
 * greatest value, the last one, and the first one that is not Good; the others are for the journal to declare. Kept samples
 * are marked as backfill, since they come behind newer ones; their times and values stay as they are. Empty when too little would be saved.
 */
export function thinRecords(records: readonly JournalRecord[], options: ThinOptions): NewRecord[] {
  const total = records.reduce((sum, { samples }) => sum + samples, 0);
  for (const spanNs of SPANS_NS) {
    const choice = choose(records, options.aliases, spanNs, total * KEPT_SHARE);
    if (choice) return choice.size === 0 ? [] : write(records, choice, options);
  }
  return [];
}

interface Extremes {
  least: number;
  leastAt: number;
  greatest: number;
  greatestAt: number;
  lastAt: number;
  badAt: number;
}

/** Places (counted through all records) that are kept; `undefined` when they are more than `most`. */
function choose(
  records: readonly JournalRecord[],
  aliases: AliasTable,
  spanNs: bigint,
  most: number,
): ReadonlySet<number> | undefined {
  const spans = new Map<string, Extremes>();
  let place = 0;
  for (const record of records) {
    const batch = decode(record, aliases);
    for (let i = 0; i < batch.count; i += 1, place += 1) {
      const key = `${batch.signal[i]} ${(batch.timeNs[i] ?? 0n) / spanNs}`;
      note(extremesOf(spans, key), batch, i, place);
    }
    if (spans.size > most) return undefined;
  }
  const kept = new Set<number>();
  for (const { leastAt, greatestAt, lastAt, badAt } of spans.values())
    for (const at of [leastAt, greatestAt, lastAt, badAt]) if (at >= 0) kept.add(at);
  return kept.size > most ? undefined : kept;
}

function extremesOf(spans: Map<string, Extremes>, key: string): Extremes {
  const known = spans.get(key);
  if (known) return known;
  const fresh = { least: Infinity, leastAt: -1, greatest: -Infinity, greatestAt: -1, lastAt: -1, badAt: -1 };
  spans.set(key, fresh);
  return fresh;
}

function note(found: Extremes, batch: SampleBatch, i: number, place: number): void {
  found.lastAt = place;
  if (batch.statusCode[i] !== 0) {
    if (found.badAt < 0) found.badAt = place;
    return;
  }
  const value = numberAt(batch, i);
  if (value < found.least) Object.assign(found, { least: value, leastAt: place });
  if (value > found.greatest) Object.assign(found, { greatest: value, greatestAt: place });
}

/** NaN for what has no order: of texts, bytes and structures the last one is kept. */
function numberAt(batch: SampleBatch, i: number): number {
  const kind = batch.kind[i];
  if (kind === ValueKind.float || kind === ValueKind.bool) return batch.f64[i] ?? NaN;
  if (kind === ValueKind.int) return Number(batch.i64[i] ?? 0n);
  if (kind === ValueKind.uint64) return Number(BigInt.asUintN(64, batch.i64[i] ?? 0n));
  return NaN;
}

const scratch = createSampleBatch(4_096);

function decode({ metrics }: JournalRecord, aliases: AliasTable): SampleBatch {
  Object.assign(scratch, { count: 0, texts: [], blobs: [] });
  decodeRecord(metrics, aliases, scratch);
  return scratch;
}

/** Per machine one batch, in the order of the records. */
function write(
  records: readonly JournalRecord[],
  kept: ReadonlySet<number>,
  { aliases, payloadBytes }: ThinOptions,
): NewRecord[] {
  const machines = new Map<string, { batch: SampleBatch; catalogueVersion: number }>();
  let place = 0;
  for (const record of records) {
    const { machineId, catalogueVersion } = record;
    const to = machines.get(machineId) ?? { batch: createSampleBatch(256), catalogueVersion };
    machines.set(machineId, to);
    to.catalogueVersion = Math.max(to.catalogueVersion, catalogueVersion);
    const from = decode(record, aliases);
    for (let i = 0; i < from.count; i += 1, place += 1) if (kept.has(place)) copyRow(from, i, to.batch);
  }
  return [...machines].flatMap(([machineId, { batch, catalogueVersion }]) => {
    const made: NewRecord[] = [];
    for (let from = 0; from < batch.count;) {
      const content = encodeSamples(batch, aliases, { from, to: batch.count }, payloadBytes);
      const samples = content.rowEnd - from;
      made.push({ kind: 'samples', machineId, catalogueVersion, samples, content, moved: true });
      from = content.rowEnd;
    }
    return made;
  });
}

function copyRow(from: SampleBatch, i: number, to: SampleBatch): void {
  growSampleBatch(to, to.count + 1);
  const row = to.count++;
  to.signal[row] = from.signal[i] ?? 0;
  to.timeNs[row] = from.timeNs[i] ?? 0n;
  to.statusCode[row] = from.statusCode[i] ?? 0;
  to.flags[row] = (from.flags[i] ?? 0) | SampleFlag.historical;
  const kind = from.kind[i] ?? ValueKind.null;
  to.kind[row] = kind;
  if (kind === ValueKind.text || kind === ValueKind.json)
    to.f64[row] = to.texts.push(from.texts[from.f64[i] ?? -1] ?? '') - 1;
  else if (kind === ValueKind.bytes)
    to.f64[row] = to.blobs.push(from.blobs[from.f64[i] ?? -1] ?? new Uint8Array()) - 1;
  else to.i64[row] = from.i64[i] ?? 0n;
}

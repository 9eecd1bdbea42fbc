/** Which rows of a read, of a resend or of history say something that the journal does not have yet. */
import { createSampleBatch, growSampleBatch, valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import type { LatestValue, LatestValues } from './latest-values.ts';

/** The journal uses the digits below this to keep the times of a signal apart. */
const TICK_NS = 100n;

export interface NewsContext {
  readonly latest: LatestValues;
  /** Values of the past (HistoryRead), not of now. */
  readonly isHistory: boolean;
  readonly nowNs: bigint;
}

/**
 * The rows of `batch` that are news. Where the agent marked a signal as away and the value read now is not newer than that
 * mark, there are two rows: the value at its own time, flagged historical (unless it is there already), then the agent's word
 * that it holds again, at the agent's time and flagged so.
 */
export function onlyNews(batch: SampleBatch, { latest, isHistory, nowNs }: NewsContext): SampleBatch {
  const news = createSampleBatch(batch.count * 2);
  Object.assign(news, { texts: batch.texts, blobs: batch.blobs });
  for (let i = 0; i < batch.count; i += 1) {
    const alias = batch.signal[i] ?? 0;
    const isKnown = isSame(latest.own(alias), batch, i);
    if (isHistory) {
      if (!isKnown) push(news, batch, i, SampleFlag.historical);
      continue;
    }
    const awaySince = latest.awaySince(alias);
    const endsMark = awaySince !== undefined && (batch.timeNs[i] ?? 0n) <= awaySince;
    if (!isKnown) push(news, batch, i, endsMark ? SampleFlag.historical : 0);
    if (!endsMark) continue;
    const row = push(news, batch, i, 0);
    news.timeNs[row] = nowNs;
    news.flags[row] = SampleFlag.agentTime;
  }
  return news;
}

export function isSame(
  known: Omit<LatestValue, 'sequence'> | undefined,
  batch: SampleBatch,
  i: number,
): boolean {
  if (!known || known.statusCode !== batch.statusCode[i]) return false;
  const time = batch.timeNs[i] ?? 0n;
  return known.timeNs >= time && known.timeNs < time + TICK_NS && sameValue(known.value, valueAt(batch, i));
}

function push(to: SampleBatch, from: SampleBatch, i: number, flag: number): number {
  const row = to.count;
  to.signal[row] = from.signal[i] ?? 0;
  to.timeNs[row] = from.timeNs[i] ?? 0n;
  to.kind[row] = from.kind[i] ?? 0;
  to.i64[row] = from.i64[i] ?? 0n;
  to.statusCode[row] = from.statusCode[i] ?? 0;
  to.flags[row] = (from.flags[i] ?? 0) | flag;
  to.count = row + 1;
  return row;
}

/** Columns of its own: the caller may reuse those of `from`. */
export function copyOf(from: SampleBatch): SampleBatch {
  const to = createSampleBatch(0);
  growSampleBatch(to, from.count);
  to.signal.set(from.signal.subarray(0, from.count));
  to.timeNs.set(from.timeNs.subarray(0, from.count));
  to.kind.set(from.kind.subarray(0, from.count));
  to.i64.set(from.i64.subarray(0, from.count));
  to.statusCode.set(from.statusCode.subarray(0, from.count));
  to.flags.set(from.flags.subarray(0, from.count));
  return Object.assign(to, { count: from.count, texts: [...from.texts], blobs: [...from.blobs] });
}

function sameValue(a: SampleValue, b: SampleValue): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (typeof a === 'object' && typeof b === 'object') return a?.json === b?.json;
  return Object.is(a, b);
}

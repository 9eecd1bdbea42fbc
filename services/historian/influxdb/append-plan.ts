import { belowMsAt, timeMsAt } from '#domain/time.ts';
import type { SamplesRecord } from '#domain/sample-store.ts';
import type { SampleBatch } from '#domain/sample-batch.ts';
import { slotKey, type Collisions, type SlotKey } from './collisions.ts';
import { LineBuffer, LineOrder } from './line-buffer.ts';
import { lineOf, orderOf } from './line-protocol.ts';
import type { NewestTimes } from './newest-times.ts';
import type { SignalRegistry } from './signal-registry.ts';

const USUAL_LINE_BYTES = 120;

/** A record of samples with its epoch's number. */
export interface NumberedRecord {
  readonly record: SamplesRecord;
  readonly epochNumber: number;
}

/** What is to be sent for some records, and what never is. */
export interface AppendPlan {
  readonly lines: LineBuffer;
  /** By record: its first line. */
  readonly firstLine: number[];
  /** By record: older than the retention, not sent. */
  readonly expired: number[];
  /** By record: samples of signals beyond the budget, or unknown. */
  readonly refused: { readonly line: string; readonly reason: string }[][];
}

export interface PlanRules {
  readonly registry: SignalRegistry;
  readonly newest: NewestTimes;
  readonly maxSignals: number;
  /** Older samples are not sent, ms since 1970; -Infinity without retention. */
  readonly expiredBeforeMs: number;
}

/** Times that may meet others, to be asked for before lines are made, and the earliest of all. Takes note of all times. */
export function contestedTimes(
  records: readonly NumberedRecord[],
  { newest }: Pick<PlanRules, 'newest'>,
): { readonly contested: Set<SlotKey>; readonly earliestMs: number } {
  const contested = new Set<SlotKey>();
  let earliestMs = Infinity;
  for (const { record } of records) {
    const { batch } = record;
    const words = wordsOf(batch);
    for (let i = 0; i < batch.count; i += 1) {
      const no = batch.signal[i] ?? 0;
      const timeMs = timeMsAt(words, i);
      if (timeMs < earliestMs) earliestMs = timeMs;
      if (!newest.admit(no, timeMs, belowMsAt(words, i))) contested.add(slotKey(no, batch.timeNs[i] ?? 0n));
    }
  }
  return { contested, earliestMs };
}

export function planAppend(
  records: readonly NumberedRecord[],
  rules: PlanRules,
  collisions: Collisions,
): AppendPlan {
  const samples = records.reduce((sum, { record }) => sum + record.batch.count, 0);
  const lines = new LineBuffer(samples * USUAL_LINE_BYTES);
  const plan: AppendPlan = { lines, firstLine: [], expired: [], refused: [] };
  for (const [at, { record, epochNumber }] of records.entries()) {
    plan.firstLine.push(lines.count);
    plan.expired.push(0);
    plan.refused.push([]);
    planRecord(plan, at, { record, epochNumber }, { ...rules, collisions });
  }
  return plan;
}

function planRecord(
  plan: AppendPlan,
  at: number,
  { record, epochNumber }: NumberedRecord,
  rules: PlanRules & { readonly collisions: Collisions },
): void {
  const { batch } = record;
  const { registry, maxSignals, expiredBeforeMs, collisions } = rules;
  const words = wordsOf(batch);
  const orderNo = orderOf(epochNumber, record.sequence);
  const order = new LineOrder(orderNo);
  for (let i = 0; i < batch.count; i += 1) {
    const no = batch.signal[i] ?? 0;
    const timeMs = timeMsAt(words, i);
    if (timeMs < expiredBeforeMs) {
      plan.expired[at] = (plan.expired[at] ?? 0) + 1;
      continue;
    }
    const series = registry.seriesBytes(no);
    const belowMsNs = belowMsAt(words, i);
    const n = collisions.size === 0 ? 0 : collisions.take(slotKey(no, batch.timeNs[i] ?? 0n), orderNo);
    if (series === undefined || no > maxSignals) {
      const text = registry.series(no) ?? `unknown,signal=${no}`;
      const line = lineOf(batch, i, { series: text, order: order.order, timeMs, belowMsNs });
      const reason =
        series === undefined
          ? 'no catalogue has this signal'
          : `more than ${maxSignals} signals; raise store.maxSignals`;
      plan.refused[at]?.push({ line, reason });
    } else if (n === 0) plan.lines.addSample(batch, i, { series, order, timeMs, belowMsNs });
    else {
      const text = `${registry.series(no)},n=${n}`;
      plan.lines.add(lineOf(batch, i, { series: text, order: order.order, timeMs, belowMsNs }));
    }
  }
}

/** Place of the record that line `index` is of. */
export function recordOfLine({ firstLine }: AppendPlan, index: number): number {
  let at = firstLine.length - 1;
  while (at > 0 && (firstLine[at] ?? 0) > index) at -= 1;
  return at;
}

const wordsOf = ({ timeNs }: SampleBatch): Uint32Array =>
  new Uint32Array(timeNs.buffer, timeNs.byteOffset, timeNs.length * 2);

import { severityOf, type StatusCode } from '#domain/status-code.ts';

/** Equal slices of time, ms since 1970; those before `fromMs` tell only what held when the range began. */
export interface Slices {
  readonly originMs: number;
  readonly widthMs: number;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What came in one slice. */
export interface SliceRow {
  readonly samples: number;
  readonly worstStatus: StatusCode;
  /** Of the good numbers; null where there were none. */
  readonly min: number | null;
  readonly max: number | null;
}

export interface Hole {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Shares {
  goodMs: number;
  uncertainMs: number;
  badMs: number;
  missingMs: number;
  unknownMs: number;
}

export type SliceRows = ReadonlyMap<number, SliceRow>;

/** Slices whose last status holds on into an empty one and is not told by the worst of them. */
export function unclearSlices({ count }: Slices, rows: SliceRows): number[] {
  const unclear: number[] = [];
  for (const [i, { samples, worstStatus }] of rows)
    if (samples > 1 && severityOf(worstStatus) !== 'good' && i + 1 < count && !rows.has(i + 1))
      unclear.push(i);
  return unclear;
}

/**
 * Time by quality. A slice with samples is as good as the worst of them; an empty one as the last sample before it, since
 * values come when they change. `lastStatus` tells the status that a slice ends with, where it is not its worst.
 * `holes` are apart from each other, in their order.
 */
export function sharesOf(
  slices: Slices,
  rows: SliceRows,
  holes: readonly Hole[],
  lastStatus: ReadonlyMap<number, StatusCode> = new Map(),
): Shares {
  const shares: Shares = { goodMs: 0, uncertainMs: 0, badMs: 0, missingMs: 0, unknownMs: 0 };
  let held: StatusCode | undefined;
  for (let i = 0; i < slices.count; i += 1) {
    const row = rows.get(i);
    const status = row?.worstStatus ?? held;
    if (row) held = lastStatus.get(i) ?? row.worstStatus;
    const start = slices.originMs + i * slices.widthMs;
    const fromMs = Math.max(start, slices.fromMs);
    const toMs = Math.min(start + slices.widthMs, slices.toMs);
    if (toMs <= fromMs) continue;
    const missing = overlapMs(holes, fromMs, toMs);
    shares.missingMs += missing;
    const rest = toMs - fromMs - missing;
    if (status === undefined) shares.unknownMs += rest;
    else shares[`${severityOf(status)}Ms`] += rest;
  }
  return shares;
}

function overlapMs(holes: readonly Hole[], fromMs: number, toMs: number): number {
  let sum = 0;
  for (const hole of holes) sum += Math.max(0, Math.min(hole.toMs, toMs) - Math.max(hole.fromMs, fromMs));
  return sum;
}

/** Holes laid over each other: what overlaps is one. */
export function united(holes: readonly Hole[]): readonly Hole[] {
  const sorted = holes.toSorted((a, b) => a.fromMs - b.fromMs);
  const out: { fromMs: number; toMs: number }[] = [];
  for (const hole of sorted) {
    const last = out.at(-1);
    if (last && hole.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, hole.toMs);
    else out.push({ ...hole });
  }
  return out;
}

export interface Stretches {
  readonly before: number;
  readonly within: number;
  /** Whether all numbers within are one and the same. */
  readonly isConstant: boolean;
  /** From the first to the last slice within that has samples. */
  readonly withinMs: number;
}

/** How many samples came before and within the range, and whether those within differ. */
export function stretchesOf(slices: Slices, rows: SliceRows): Stretches {
  let before = 0;
  let within = 0;
  let least = Infinity;
  let greatest = -Infinity;
  let first = Infinity;
  let last = -Infinity;
  for (const [i, { samples, min, max }] of rows) {
    if (slices.originMs + (i + 1) * slices.widthMs <= slices.fromMs) {
      before += samples;
      continue;
    }
    within += samples;
    first = Math.min(first, i);
    last = Math.max(last, i);
    if (min !== null) least = Math.min(least, min);
    if (max !== null) greatest = Math.max(greatest, max);
  }
  const withinMs = within > 0 ? (last + 1 - first) * slices.widthMs : 0;
  return { before, within, isConstant: least === greatest, withinMs };
}

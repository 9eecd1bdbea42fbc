import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { RollupReader } from './rollup-file.ts';
import type { SealedFile, SealedFiles } from './sealed-files.ts';
import type { SealingClient } from './sealing-client.ts';
import type { SealedFacts, SealedPaths, SignalSpan } from './sealing-orders.ts';
import { writeSealedFile } from './sealed-writer.ts';

/** Rows of a compacted file. */
const COMPACTED_ROWS = 6_000_000;
/** Rows that are sorted at once. */
const SORTED_ROWS = 600_000;
/** A day counts as over this long after its end (UTC): what comes later is late. */
const DAY_CLOSES_AFTER_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;

export interface MergerPorts {
  readonly db: DatabaseSync;
  readonly sealing: SealingClient;
  readonly files: SealedFiles;
  readonly rollups: RollupReader;
  readonly filesPerDay: number;
}

/** A merge that is due: these files become new ones with the same rows. */
export interface MergePlan {
  readonly day: number;
  readonly from: readonly SealedFile[];
  /** Split by signals into files of about {@link COMPACTED_ROWS}; else one file. */
  readonly compact: boolean;
}

const rowsOf = (files: readonly SealedFile[]): number => files.reduce((sum, { rows }) => sum + rows, 0);

/**
 * What to merge on one day. While the day runs, the smallest files become one as soon as there are more than half of
 * `filesPerDay`. When it is over, everything becomes a few files cut by signals, so that a signal's day is in one place;
 * again when late files hold a tenth of the day.
 */
export function planMerge(
  files: readonly SealedFile[],
  options: { readonly day: number; readonly filesPerDay: number; readonly nowMs: number },
): MergePlan | undefined {
  const { day, filesPerDay, nowMs } = options;
  const loose = files.filter(({ compacted }) => !compacted);
  const over = (day + 1) * DAY_MS + DAY_CLOSES_AFTER_MS <= nowMs;
  const many = files.length > filesPerDay / 2;
  const much = many || rowsOf(loose) * 10 >= rowsOf(files);
  if (over && loose.length > 0 && much && shareSignals(files)) return { day, from: files, compact: true };
  if (!many) return undefined;
  const smallest = files.toSorted((a, b) => a.rows - b.rows || a.no - b.no);
  const count = Math.max(2, files.length - Math.floor(filesPerDay / 4));
  return { day, from: smallest.slice(0, count), compact: false };
}

/** Whether a signal may lie in more than one of the files. */
function shareSignals(files: readonly SealedFile[]): boolean {
  const inOrder = files.toSorted((a, b) => a.minSignal - b.minSignal);
  return inOrder.some(({ minSignal }, i) => i > 0 && minSignal <= (inOrder[i - 1]?.maxSignal ?? 0));
}

/** Carries out merge plans; readers see either the old files or the new ones. */
export class Merger {
  readonly #ports: MergerPorts;

  constructor(ports: MergerPorts) {
    this.#ports = ports;
  }

  /** The most pressing merge: the day with the most files. */
  next(nowMs: number): MergePlan | undefined {
    const { files, filesPerDay } = this.#ports;
    const days = [...files.byDay()].sort(([, a], [, b]) => b.length - a.length);
    for (const [day, held] of days) {
      const plan = planMerge(held, { day, filesPerDay, nowMs });
      if (plan) return plan;
    }
    return undefined;
  }

  async merge(plan: MergePlan, nowMs: number): Promise<void> {
    const { db, files } = this.#ports;
    const held = plan.from.filter((file) => files.all().includes(file));
    if (held.length !== plan.from.length) return;
    const added = await this.#write(plan, nowMs);
    if (rowsOf(added) !== rowsOf(plan.from)) {
      for (const file of added) files.discard(file);
      throw new Error(
        `merging day ${plan.day} gave ${rowsOf(added)} of ${rowsOf(plan.from)} samples: left as it was`,
      );
    }
    try {
      transaction(db, () => files.write(added, plan.from));
    } catch (error) {
      for (const file of added) files.discard(file);
      throw error;
    }
    files.adopt(added, plan.from);
  }

  async #write(plan: MergePlan, nowMs: number): Promise<SealedFile[]> {
    const { files, sealing, filesPerDay } = this.#ports;
    const parts = plan.compact ? Math.max(1, Math.floor((filesPerDay * 5) / 12)) : 1;
    const samples = this.#samplesBySignal(plan.from);
    const from = plan.from.map((file) => files.pathOf(file));
    const wanted = Math.min(parts, Math.max(1, Math.ceil(rowsOf(plan.from) / COMPACTED_ROWS)));
    const added: SealedFile[] = [];
    try {
      for (const { rows, signals } of cutSignals(samples, wanted)) {
        const spans = cutSignals(signals, Math.ceil(rows / SORTED_ROWS)).map((cut) => spanOf(cut.signals));
        const write = (to: SealedPaths): Promise<SealedFacts> => sealing.merge({ from, signals: spans, to });
        const order = { write, day: plan.day, rows, compacted: plan.compact, nowMs };
        added.push(await writeSealedFile(files, order));
      }
      return added;
    } catch (error) {
      for (const file of added) files.discard(file);
      throw error;
    }
  }

  /** By signal, ascending. */
  #samplesBySignal(from: readonly SealedFile[]): SignalRows {
    const samples = new Map<number, number>();
    for (const file of from) {
      const index = this.#ports.rollups.index(this.#ports.files.rollupPathOf(file));
      index.signal.forEach((signal, i) =>
        samples.set(signal, (samples.get(signal) ?? 0) + (index.samples[i] ?? 0)),
      );
    }
    return new Map([...samples].sort(([a], [b]) => a - b));
  }
}

/** Samples of each signal, ascending by signal. */
type SignalRows = ReadonlyMap<number, number>;

function spanOf(signals: SignalRows): SignalSpan {
  const numbers = [...signals.keys()];
  return [numbers[0] ?? 0, numbers.at(-1) ?? 0];
}

/** Neighbouring signals with about equal numbers of rows, in at most `parts` parts. */
function cutSignals(samples: SignalRows, parts: number): { rows: number; signals: Map<number, number> }[] {
  const total = [...samples.values()].reduce((sum, rows) => sum + rows, 0);
  const target = total / parts;
  const cuts: { rows: number; signals: Map<number, number> }[] = [];
  for (const [signal, rows] of samples) {
    const last = cuts.at(-1);
    if (last && (last.rows + rows / 2 <= target || cuts.length === parts)) {
      last.signals.set(signal, rows);
      last.rows += rows;
    } else cuts.push({ rows, signals: new Map([[signal, rows]]) });
  }
  return cuts;
}

import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What of a stream's counters the cut moves. */
export interface CutCounters {
  cutSequence: number;
  rejected: number;
  rejectedAtCut: number;
  declaredLost: number;
  declaredLostAtCut: number;
}

interface Loss {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Samples of the same records that come under sequences up to `to`. */
  readonly moved: number;
}

/** No sum is more than JavaScript can count: reading it would fail. */
const sumOf = (term: string): string => `CAST(min(total(${term}), ${Number.MAX_SAFE_INTEGER}) AS INTEGER)`;

/**
 * Refused and lost samples by sequence, as far as they lie beyond a stream's cut or reach across it: counted into the
 * cut when a checkpoint passes them. All writes belong into the caller's transaction.
 */
export class CutBook {
  readonly #insert: StatementSync;
  readonly #passed: StatementSync;
  readonly #drop: StatementSync;
  readonly #across: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO beyond_cut VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    this.#passed = db.prepare(
      `SELECT ${sumOf('rejected')} AS rejected, ${sumOf('lost')} AS lost FROM beyond_cut
        WHERE stream_no = ? AND to_sequence <= ?`,
    );
    this.#drop = db.prepare('DELETE FROM beyond_cut WHERE stream_no = ? AND to_sequence <= ?');
    this.#across = db.prepare(
      `SELECT ${sumOf('lost + moved')} AS lost FROM beyond_cut WHERE stream_no = ? AND from_sequence <= ?`,
    );
  }

  rejected(streamNo: number, counters: CutCounters, sequence: number, samples: number): void {
    counters.rejected += samples;
    if (sequence <= counters.cutSequence) counters.rejectedAtCut += samples;
    else this.#insert.run(streamNo, sequence, sequence, samples, 0, 0);
  }

  /** `samples` of some records between `from` and `to`: they count at a cut that has passed all of them. */
  lost(streamNo: number, counters: CutCounters, { from, to, samples, moved }: Loss): void {
    counters.declaredLost += samples;
    if (to <= counters.cutSequence) counters.declaredLostAtCut += samples;
    else this.#insert.run(streamNo, from, to, 0, samples, moved);
  }

  advance(streamNo: number, counters: CutCounters, cutSequence: number): void {
    const passed = this.#passed.get(streamNo, cutSequence);
    counters.rejectedAtCut += Number(passed?.['rejected'] ?? 0);
    counters.declaredLostAtCut += Number(passed?.['lost'] ?? 0);
    counters.cutSequence = cutSequence;
    this.#drop.run(streamNo, cutSequence);
  }

  /** Samples of declarations that end at `sequence` or before; where the cut is beyond it, of all up to the cut. */
  declared(streamNo: number, counters: CutCounters, sequence: number): number {
    return counters.declaredLostAtCut + Number(this.#passed.get(streamNo, sequence)?.['lost'] ?? 0);
  }

  /** Samples of declarations that began at or before the cut and end beyond it. */
  across(streamNo: number, cutSequence: number): number {
    return cutSequence === 0 ? 0 : Number(this.#across.get(streamNo, cutSequence)?.['lost'] ?? 0);
  }
}

/** What the store asks of its sealing process, and the answers. */
import type { SignalNo } from '#domain/sample-store.ts';
import type { PackedRawValues } from './raw-values.ts';

/** `BLOCK_ROWS` rows in the layout of `viewBlock`, as 8-byte words: so they lie aligned where they arrive. */
export type SentBlock = BigUint64Array;

/** What belongs to the blocks of a hot table. */
export interface SentTable {
  readonly rows: number;
  /** `SPAN_STRIDE` numbers a record. */
  readonly spans: Float64Array;
  readonly raw: PackedRawValues;
}

/** Where a sealed file and its rollups are to be written; neither is there yet. */
export interface SealedPaths {
  readonly path: string;
  readonly rollupPath: string;
}

export interface SealingDay {
  /** Days since 1970. */
  readonly day: number;
  readonly rows: number;
}

/** Signals from the first to the last number, both included. */
export type SignalSpan = readonly [first: SignalNo, last: SignalNo];

/** All rows of the files `from`, in one. */
export interface MergeOrder {
  /** Paths of Parquet files. */
  readonly from: readonly string[];
  /** All their signals, in ascending parts that are sorted one after the other. */
  readonly signals: readonly SignalSpan[];
  readonly to: SealedPaths;
}

/**
 * `take` takes the next block of a table, `sort` sorts it, `write` writes one of its days, as often as asked, `forget` ends with it. `merge` makes one file
 * of the rows of others, some signals at a time: what is sorted at once, and with it the memory, is bounded.
 */
export type SealingOrder =
  | { readonly order: 'take'; readonly block: SentBlock }
  | { readonly order: 'sort'; readonly table: SentTable }
  | { readonly order: 'write'; readonly day: number; readonly to: SealedPaths }
  | { readonly order: 'forget' }
  | ({ readonly order: 'merge' } & MergeOrder);

/** What a file holds, as DuckDB reads it back. Times in ns since 1970. */
export interface SealedFacts {
  readonly rows: number;
  /** Of both files. */
  readonly bytes: number;
  readonly minSignal: SignalNo;
  readonly maxSignal: SignalNo;
  readonly minNs: bigint;
  readonly maxNs: bigint;
}

/** What each order is answered. */
export interface SealingAnswers {
  readonly take: undefined;
  readonly sort: readonly SealingDay[];
  readonly write: SealedFacts;
  readonly forget: undefined;
  readonly merge: SealedFacts;
}

export interface SealingRequest {
  readonly id: number;
  readonly order: SealingOrder;
}

export type SealingResponse =
  | { readonly id: number; readonly answer: SealingAnswers[keyof SealingAnswers] }
  | { readonly id: number; readonly code: string; readonly problem: string };

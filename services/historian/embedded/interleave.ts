/** Puts hot rows among sealed ones where they belong, chunk by chunk. */
import type { ResultChunk } from './duck.ts';
import type { HotRows } from './hot-reader.ts';

/** What rows are ordered by, of a chunk that comes sorted by it. */
export interface SealedKeys {
  readonly rows: number;
  readonly signal: Int32Array;
  readonly timeNs: BigInt64Array;
  readonly epoch: Int32Array;
  readonly seq: BigInt64Array;
  readonly idx: Int32Array;
}

/** Of a chunk that begins with (signal, time_ns) and has (epoch, seq, idx) from column `keysAt` on. */
export const keysOf = (chunk: ResultChunk, keysAt: number): SealedKeys => ({
  rows: chunk.rows,
  signal: chunk.int32(0),
  timeNs: chunk.bigint64(1),
  epoch: chunk.int32(keysAt),
  seq: chunk.bigint64(keysAt + 1),
  idx: chunk.int32(keysAt + 2),
});

export interface InterleaveTo {
  /** Rows `from..to` of the chunk come next. */
  readonly onSealed: (from: number, to: number) => void;
  readonly onHot: (from: number, to: number) => void;
}

/** Calls back for all rows of the chunk and the hot rows before its last one, from `next` on; answers the next hot row. */
export function interleave(sealed: SealedKeys, hot: HotRows, next: number, to: InterleaveTo): number {
  const hotRows = hot.index.length;
  let at = next;
  let done = 0;
  while (done < sealed.rows) {
    // The usual case, looked at first: what is hot is newer than the whole chunk.
    if (at >= hotRows || !isHotFirst(hot, at, sealed, sealed.rows - 1)) {
      to.onSealed(done, sealed.rows);
      return at;
    }
    let end = done;
    while (end < sealed.rows && !isHotFirst(hot, at, sealed, end)) end += 1;
    if (end > done) to.onSealed(done, end);
    done = end;
    const from = at;
    while (at < hotRows && isHotFirst(hot, at, sealed, done)) at += 1;
    to.onHot(from, at);
  }
  return at;
}

function isHotFirst(hot: HotRows, h: number, sealed: SealedKeys, s: number): boolean {
  const { columns } = hot;
  const signal = (columns.signal[h] ?? 0) - (sealed.signal[s] ?? 0);
  if (signal !== 0) return signal < 0;
  const hotTime = columns.timeNs[h] ?? 0n;
  const sealedTime = sealed.timeNs[s] ?? 0n;
  if (hotTime !== sealedTime) return hotTime < sealedTime;
  const keys =
    (hot.epochNo[h] ?? 0) - (sealed.epoch[s] ?? 0) ||
    (hot.sequence[h] ?? 0) - Number(sealed.seq[s] ?? 0n) ||
    (hot.index[h] ?? 0) - (sealed.idx[s] ?? 0);
  return keys < 0;
}

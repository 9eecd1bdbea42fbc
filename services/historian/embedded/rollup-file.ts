/**
 * The rollups beside one sealed file, by signal. Layout: magic `BRRL`, version (1 byte), the signals' rollups (`rollup-codec.ts`) one after
 * the other, the index (zstd, columns of {@link RollupIndex}), its length (4 bytes), magic `BRRL` again.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SignalNo } from '#domain/sample-store.ts';
import { decodeRollups, type RollupRows } from '../rollup-codec.ts';

const MAGIC = Buffer.from('BRRL');
/** 1 had zstd frames alone. */
const VERSION = 2;
const HEADER_BYTES = 5;
const FOOTER_BYTES = 8;
const ENTRY_BYTES = 40;

/** One entry per signal, ascending. */
export interface RollupIndex {
  readonly signal: Float64Array;
  readonly samples: Float64Array;
  readonly offset: Float64Array;
  readonly minNs: BigInt64Array;
  readonly maxNs: BigInt64Array;
}

/** A rollup file is not one, or of a newer version. */
export class RollupFileError extends Error {
  override readonly name = 'RollupFileError';
  readonly code = 'ROLLUP_FILE_UNREADABLE';
}

export interface RollupPart {
  readonly signal: SignalNo;
  readonly samples: number;
  readonly minNs: bigint;
  readonly maxNs: bigint;
  readonly bytes: Uint8Array;
}

/** The whole file for `parts`, in ascending order of signals. */
export function composeRollupFile(parts: readonly RollupPart[]): Uint8Array {
  const index = viewIndex(new ArrayBuffer(parts.length * ENTRY_BYTES), parts.length);
  let offset = HEADER_BYTES;
  parts.forEach((part, i) => {
    index.signal[i] = part.signal;
    index.samples[i] = part.samples;
    index.offset[i] = offset;
    index.minNs[i] = part.minNs;
    index.maxNs[i] = part.maxNs;
    offset += part.bytes.length;
  });
  const packed = zstdCompressSync(new Uint8Array(index.signal.buffer));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(packed.length);
  const head = Buffer.concat([MAGIC, Buffer.from([VERSION])]);
  return Buffer.concat([head, ...parts.map(({ bytes }) => bytes), packed, length, MAGIC]);
}

function viewIndex(buffer: ArrayBuffer, entries: number): RollupIndex {
  const bytes = entries * 8;
  return {
    signal: new Float64Array(buffer, 0, entries),
    samples: new Float64Array(buffer, bytes, entries),
    offset: new Float64Array(buffer, 2 * bytes, entries),
    minNs: new BigInt64Array(buffer, 3 * bytes, entries),
    maxNs: new BigInt64Array(buffer, 4 * bytes, entries),
  };
}

interface OpenRollups {
  readonly index: RollupIndex;
  /** Where the index begins: the end of the last signal's rollups. */
  readonly end: number;
}

/** Indexes kept in memory: 40 bytes a signal each. */
const CACHED_INDEXES = 256;

/** Reads rollup files; keeps the indexes of those used last. */
export class RollupReader {
  readonly #indexes = new Map<string, OpenRollups>();

  /** The rollups of `signal`, `undefined` when the file has none. */
  read(path: string, signal: SignalNo): RollupRows | undefined {
    const { index, end } = this.#open(path);
    const entry = entryOf(index, signal);
    if (entry < 0) return undefined;
    const from = index.offset[entry] ?? 0;
    const to = index.offset[entry + 1] ?? end;
    return withFile(path, (fd) => decodeRollups(readPart(fd, from, to - from)));
  }

  index(path: string): RollupIndex {
    return this.#open(path).index;
  }

  forget(path: string): void {
    this.#indexes.delete(path);
  }

  #open(path: string): OpenRollups {
    const known = this.#indexes.get(path);
    if (known) return known;
    const opened = withFile(path, readIndex);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size >= CACHED_INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
    this.#indexes.set(path, opened);
    return opened;
  }
}

/** Index of the entry of `signal`, -1 when there is none. */
export function entryOf({ signal: signals }: RollupIndex, signal: SignalNo): number {
  let low = 0;
  let high = signals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((signals[middle] ?? 0) < signal) low = middle + 1;
    else high = middle;
  }
  return signals[low] === signal ? low : -1;
}

function withFile<Result>(path: string, use: (fd: number) => Result): Result {
  const fd = openSync(path, 'r');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readPart(fd: number, from: number, bytes: number): Buffer {
  const part = Buffer.alloc(bytes);
  for (let read = 0; read < bytes;) {
    const more = readSync(fd, part, read, bytes - read, from + read);
    if (more === 0) throw new RollupFileError('a rollup file ends too early');
    read += more;
  }
  return part;
}

function readIndex(fd: number): OpenRollups {
  const { size } = fstatSync(fd);
  if (size < HEADER_BYTES + FOOTER_BYTES) throw new RollupFileError('a rollup file is too short');
  const head = readPart(fd, 0, HEADER_BYTES);
  const footer = readPart(fd, size - FOOTER_BYTES, FOOTER_BYTES);
  if (!head.subarray(0, 4).equals(MAGIC) || !footer.subarray(4).equals(MAGIC))
    throw new RollupFileError('a file is no rollup file');
  if ((head[4] ?? 0) < 1 || (head[4] ?? 0) > VERSION)
    throw new RollupFileError(`a rollup file has the format ${head[4]}, this program knows ${VERSION}`);
  const length = footer.readUInt32LE(0);
  const end = size - FOOTER_BYTES - length;
  const bytes = zstdDecompressSync(readPart(fd, end, length));
  const buffer = new Uint8Array(bytes).buffer;
  return { index: viewIndex(buffer, bytes.length / ENTRY_BYTES), end };
}

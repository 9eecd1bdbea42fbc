/** Rows of one block of hot samples. */
export const BLOCK_ROWS = 32_768;

const ROW_BYTES = 30;

/**
 * Columns of {@link BLOCK_ROWS} hot samples over one buffer, which the sealing process gets a copy of. Of a text or bytes the
 * low word of the value is its place in the table's {@link RawValues}.
 */
export interface HotBlock {
  readonly buffer: ArrayBuffer;
  readonly timeWords: Uint32Array;
  readonly timeNs: BigInt64Array;
  readonly i64: BigInt64Array;
  readonly bitWords: Uint32Array;
  readonly signal: Int32Array;
  readonly statusCode: Uint32Array;
  /** Row of the table that holds the sample of the same signal that came before, -1 = none. */
  readonly before: Int32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
}

/** `at`: where the block begins in the buffer, a multiple of 8. */
export function viewBlock(buffer: ArrayBuffer, at = 0): HotBlock {
  const rows = BLOCK_ROWS;
  return {
    buffer,
    timeWords: new Uint32Array(buffer, at, rows * 2),
    timeNs: new BigInt64Array(buffer, at, rows),
    bitWords: new Uint32Array(buffer, at + rows * 8, rows * 2),
    i64: new BigInt64Array(buffer, at + rows * 8, rows),
    signal: new Int32Array(buffer, at + rows * 16, rows),
    statusCode: new Uint32Array(buffer, at + rows * 20, rows),
    before: new Int32Array(buffer, at + rows * 24, rows),
    kind: new Uint8Array(buffer, at + rows * 28, rows),
    flags: new Uint8Array(buffer, at + rows * 29, rows),
  };
}

/** Empty blocks are kept and used again: fresh memory costs page faults, and garbage collections meanwhile. */
export class BlockPool {
  readonly #free: HotBlock[] = [];
  readonly #keep: number;

  /** `keepRows`: rows of empty blocks that are not given back to the system. */
  constructor(keepRows: number) {
    this.#keep = Math.ceil(keepRows / BLOCK_ROWS);
  }

  take(): HotBlock {
    return this.#free.pop() ?? viewBlock(new ArrayBuffer(BLOCK_ROWS * ROW_BYTES));
  }

  giveBack(blocks: readonly HotBlock[]): void {
    this.#free.push(...blocks.slice(0, Math.max(0, this.#keep - this.#free.length)));
  }
}

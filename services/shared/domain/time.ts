/**
 * Times inside the system are nanoseconds since 1970-01-01T00:00:00Z as a signed 64-bit integer
 * (`bigint`, or one slot of a `BigInt64Array`). OPC UA gives 100 ns; the two digits below belong to the
 * journal, which uses them to keep the times of one signal collision-free (DESIGN.md, Delivery, Time).
 */
export type TimeNs = bigint;

export const NS_PER_MS = 1_000_000n;
export const NS_PER_S = 1_000_000_000n;

/** Milliseconds since 1970, rounded down (also before 1970). */
export function nsToMs(timeNs: TimeNs): number {
  return Number(timeNs >= 0n ? timeNs / NS_PER_MS : -((-timeNs + NS_PER_MS - 1n) / NS_PER_MS));
}

/** `timeMs` may carry a fraction; what is below 1 ns is cut. */
export function msToNs(timeMs: number): TimeNs {
  const whole = Math.floor(timeMs);
  return BigInt(whole) * NS_PER_MS + BigInt(Math.floor((timeMs - whole) * 1e6));
}

/** ISO 8601 UTC with as many fraction digits as needed, three at least: `2026-11-22T06:00:00.0001234Z`. */
export function nsToIso(timeNs: TimeNs): string {
  const ms = nsToMs(timeNs);
  const belowMs = Number(timeNs - BigInt(ms) * NS_PER_MS);
  const iso = new Date(ms).toISOString();
  if (belowMs === 0) return iso;
  return `${iso.slice(0, -1)}${String(belowMs).padStart(6, '0').replace(/0+$/, '')}Z`;
}

const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Inverse of {@link nsToIso}; offsets are accepted. `undefined` when the text is not such a time. */
export function isoToNs(text: string): TimeNs | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * NS_PER_MS + BigInt((match[2] ?? '').padEnd(9, '0') || 0);
}

/**
 * Columns of times without a BigInt per row: `words` is a `Uint32Array` over the bytes of the `BigInt64Array`
 * (little-endian, as on every platform that Node runs on here).
 */
export function writeTime(words: Uint32Array, i: number, timeMs: number, belowMsNs: number): void {
  const high = Math.floor(timeMs / 0x100000) * 1e6;
  const low = (timeMs - Math.floor(timeMs / 0x100000) * 0x100000) * 1e6 + belowMsNs;
  const highQuotient = Math.floor(high / 4096);
  const lower = (high - highQuotient * 4096) * 0x100000 + low;
  const carry = Math.floor(lower / 0x100000000);
  words[2 * i] = lower - carry * 0x100000000;
  words[2 * i + 1] = highQuotient + carry;
}

/** Milliseconds (rounded down) of row `i` of such a column. */
export function timeMsAt(words: Uint32Array, i: number): number {
  const high = (words[2 * i + 1] ?? 0) | 0;
  return high * 4294 + Math.floor((high * 967296 + (words[2 * i] ?? 0)) / 1e6);
}

/** Nanoseconds below the millisecond of row `i`, 0..999999. */
export function belowMsAt(words: Uint32Array, i: number): number {
  const high = (words[2 * i + 1] ?? 0) | 0;
  const rest = high * 967296 + (words[2 * i] ?? 0);
  return rest - Math.floor(rest / 1e6) * 1e6;
}

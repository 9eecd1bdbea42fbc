/** Distinct values of a column and each row's place among them. */

/** More distinct values than this are not worth a dictionary (and would not fit the 16-bit places). */
const MAX_DISTINCT = 40_000;
const SLOTS = 2 ** 17;

const places = new Int32Array(SLOTS);

export interface Dictionary {
  /** PLAIN bytes of the distinct values, in the order of their first row. */
  readonly values: Uint8Array;
  readonly distinct: number;
  readonly index: Uint16Array;
}

/** Of values of `words` (1 or 2) 32-bit words each; `undefined` when there are too many distinct ones. */
export function wordDictionary(values: Uint32Array, count: number, words: 1 | 2): Dictionary | undefined {
  const index = new Uint16Array(count);
  const limit = Math.min(MAX_DISTINCT, Math.max(256, count * 0.75));
  const known = new Uint32Array(limit * words);
  places.fill(-1);
  let distinct = 0;
  for (let i = 0; i < count; i += 1) {
    const low = values[i * words] ?? 0;
    const high = words === 2 ? (values[i * 2 + 1] ?? 0) : 0;
    let slot = (Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 15) & (SLOTS - 1);
    for (;;) {
      const place = places[slot] ?? -1;
      if (place < 0) {
        if (distinct >= limit) return undefined;
        known[distinct * words] = low;
        if (words === 2) known[distinct * 2 + 1] = high;
        places[slot] = distinct;
        index[i] = distinct;
        distinct += 1;
        break;
      }
      if (known[place * words] === low && (words === 1 || known[place * 2 + 1] === high)) {
        index[i] = place;
        break;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
  }
  const bytes = new Uint8Array(known.buffer, 0, distinct * words * 4);
  return { values: bytes, distinct, index };
}

/** Of byte strings; their PLAIN form has the length (4 bytes) before each. */
export function bytesDictionary(values: readonly Uint8Array[]): Dictionary | undefined {
  const known = new Map<string, number>();
  const index = new Uint16Array(values.length);
  const parts: Uint8Array[] = [];
  for (const [i, value] of values.entries()) {
    const key = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
    let place = known.get(key);
    if (place === undefined) {
      place = known.size;
      if (place >= MAX_DISTINCT) return undefined;
      known.set(key, place);
      parts.push(value);
    }
    index[i] = place;
  }
  return { values: plainBytes(parts), distinct: known.size, index };
}

export function plainBytes(values: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(values.reduce((sum, value) => sum + value.length + 4, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const value of values) {
    view.setUint32(at, value.length, true);
    out.set(value, at + 4);
    at += value.length + 4;
  }
  return out;
}

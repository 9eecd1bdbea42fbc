/** CRC-32C (Castagnoli, RFC 3720 B.4), reflected polynomial 0x82F63B78; slicing by four. */
const TABLES = makeTables();

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let n = 0; n < 256; n += 1) {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    first[n] = c;
  }
  const tables = [first];
  for (let t = 1; t < 4; t += 1) {
    const before = tables[t - 1] ?? first;
    tables.push(before.map((c) => (c >>> 8) ^ (first[c & 0xff] ?? 0)));
  }
  return tables;
}

const [T0, T1, T2, T3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** Checksum of `bytes`, unsigned 32 bits; `seed` = checksum of what came before. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let c = ~seed;
  let i = 0;
  const whole = bytes.length - (bytes.length % 4);
  for (; i < whole; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = T3[c & 0xff]! ^ T2[(c >>> 8) & 0xff]! ^ T1[(c >>> 16) & 0xff]! ^ T0[c >>> 24]!;
  }
  for (; i < bytes.length; i += 1) c = (c >>> 8) ^ T0[(c ^ bytes[i]!) & 0xff]!;
  return ~c >>> 0;
}

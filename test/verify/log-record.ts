/**
 * Decodes a row of the historian's delivery log, by the description of its format (services/historian/embedded, version 1),
 * written anew for the verifier: it must not believe the decoder that it checks.
 */
export interface LogRow {
  readonly signalNo: number;
  readonly timeNs: bigint;
  readonly kind: number;
  readonly value: number | bigint | string | Uint8Array | null;
  readonly statusCode: number;
  readonly flags: number;
}

const RAW_TIMES = 1;
const RAW_INTS = 2;
const SINGLES = 4;
const HAS_STATUS = 8;
const HAS_FLAGS = 16;

/** @throws when the bytes are not a record of version 1 */
export function readLogRecord(body: Uint8Array): LogRow[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  const byte = (): number => {
    if (at >= body.length) throw new Error('a record of the log ends too early');
    at += 1;
    return view.getUint8(at - 1);
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = byte();
      value |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
  };
  const zigzag = (): bigint => {
    const value = varint();
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n;
  };
  const int64 = (): bigint => {
    at += 8;
    return view.getBigInt64(at - 8, true);
  };
  const runs = (count: number): number[] => {
    const values: number[] = [];
    while (values.length < count) {
      const value = Number(varint());
      for (let length = Number(varint()); length > 0; length -= 1) values.push(value);
    }
    return values;
  };
  const tail = (): Uint8Array => {
    const length = Number(varint());
    at += length;
    return body.subarray(at - length, at);
  };

  const version = byte();
  if (version !== 1) throw new Error(`a record of the log has format ${version}`);
  const mode = byte();
  const count = Number(varint());
  const signals: number[] = [];
  for (let i = 0; i < count; i += 1) signals.push((signals.at(-1) ?? 0) + Number(zigzag()));
  const times: bigint[] = [];
  for (let i = 0; i < count; i += 1)
    times.push(i === 0 || mode & RAW_TIMES ? int64() : (times[i - 1] ?? 0n) + zigzag());
  const kinds = runs(count);
  const statuses = mode & HAS_STATUS ? runs(count) : [];
  const flags = mode & HAS_FLAGS ? runs(count) : [];

  const valueOf = (kind: number): LogRow['value'] => {
    switch (kind) {
      case 1:
        at += mode & SINGLES ? 4 : 8;
        return mode & SINGLES ? view.getFloat32(at - 4, true) : view.getFloat64(at - 8, true);
      case 2:
        return mode & RAW_INTS ? int64() : zigzag();
      case 3:
        return BigInt.asUintN(64, int64());
      case 4:
        return byte();
      case 5:
      case 7:
        return new TextDecoder('utf-8', { ignoreBOM: true }).decode(tail());
      case 6:
        return tail();
      default:
        return null;
    }
  };
  const rows = signals.map((signalNo, i): LogRow => {
    const kind = kinds[i] ?? 0;
    return {
      signalNo,
      timeNs: times[i] ?? 0n,
      kind,
      value: valueOf(kind),
      statusCode: statuses[i] ?? 0,
      flags: flags[i] ?? 0,
    };
  });
  if (at !== body.length) throw new Error(`a record of the log has ${body.length - at} bytes too many`);
  return rows;
}

import type { DataValue, Variant } from 'node-opcua';
import type { RecordedValue } from '../../replay/machine-recording.ts';
import { BinaryStream, DataType, encodeVariant } from 'node-opcua';
import { TICKS_PER_MS } from '../../model/produced-tick.ts';

const PICOSECONDS_PER_TICK = 100_000;

/** A value as it came: time, status, and the Variant's bytes. */
export function toRecordedValue(dataValue: DataValue): RecordedValue {
  const { sourceTimestamp, sourcePicoseconds, statusCode, value } = dataValue;
  const below = Math.floor((sourcePicoseconds || 0) / PICOSECONDS_PER_TICK) % TICKS_PER_MS;
  const sourceMs = sourceTimestamp ? sourceTimestamp.getTime() : null;
  return [sourceMs, below, statusCode.value, toBase64(value)];
}

function toBase64(variant: Variant | null | undefined): string {
  if (!variant || variant.dataType === DataType.Null) return '';
  return variantBytes(variant).toString('base64');
}

/** OPC 10000-6, 5.2.2.16. */
export function variantBytes(variant: Variant): Buffer {
  const stream = new BinaryStream(Buffer.alloc(variant.binaryStoreSize()));
  encodeVariant(variant, stream);
  return stream.buffer.subarray(0, stream.length);
}

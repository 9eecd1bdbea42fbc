import { gunzipSync, gzipSync } from 'node:zlib';
import { DataType, stringMetric, type Metric } from './payload.ts';
import { MalformedPayloadError } from './wire.ts';

/** A longer text is compressed: ten thousand signals are 4 MB of catalogue as they stand, more than a broker takes in one packet. */
const LONG_TEXT = 32 * 1024;
/** What a compressed text may become: 100,000 signals need less. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Name of the metric that carries a text compressed (gzip, Bytes) instead of the one that carries it as it is. */
export const compressedName = (name: string): string => `${name}Gz`;

export function textMetric(name: string, text: string): Metric {
  if (text.length <= LONG_TEXT) return stringMetric(name, text);
  return { name: compressedName(name), datatype: DataType.bytes, value: gzipSync(text) };
}

/** The text, whichever of the two metrics carries it. @throws MalformedPayloadError */
export function textFrom(name: string, metricOf: (name: string) => Metric | undefined): string | undefined {
  const plain = metricOf(name)?.value;
  if (typeof plain === 'string') return plain;
  const compressed = metricOf(compressedName(name))?.value;
  if (!(compressed instanceof Uint8Array)) return undefined;
  try {
    return gunzipSync(compressed, { maxOutputLength: MOST_BYTES }).toString('utf8');
  } catch {
    throw new MalformedPayloadError(`${compressedName(name)} cannot be unpacked`, 0);
  }
}

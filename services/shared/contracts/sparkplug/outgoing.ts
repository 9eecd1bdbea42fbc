/** A journaled record as the payload that goes out: stream metrics, time, seq, and `is_historical` where due. */
import { MalformedPayloadError, WireReader, WireType, WireWriter } from './wire.ts';
import type { RecordHeader } from './record.ts';
import { withHeader } from './record-encoder.ts';

/** Greatest sequence published so far, by alias: what tells whether an older sample comes late. */
export class PublishedSequences {
  #sequences = new Float64Array(256);

  of(alias: number): number {
    return this.#sequences[alias] ?? 0;
  }

  set(alias: number, sequence: number): void {
    if (alias >= this.#sequences.length) {
      const wider = new Float64Array(Math.max(alias + 1, this.#sequences.length * 2));
      wider.set(this.#sequences);
      this.#sequences = wider;
    }
    this.#sequences[alias] = sequence;
  }

  clear(): void {
    this.#sequences.fill(0);
  }
}

const SAMPLE_BEGINS = 0x10; // its first field is the alias; named metrics begin with their name

/**
 * The payload for a record's `metrics`. A sample is marked historical when a newer one of its signal was published
 * (Sparkplug B 3.0, 6.4.6); the others become the newest of theirs in `published`.
 */
export function buildRecordPayload(
  header: RecordHeader,
  metrics: Uint8Array,
  envelope: { readonly timestampMs: number; readonly seq: number },
  published: PublishedSequences,
): Uint8Array {
  const late = noteSamples(header.sequence, metrics, published);
  const body = withHeader(header, late ? markLate(header.sequence, metrics, published) : metrics);
  const out = new WireWriter(body.length + 24);
  out.tag(1, WireType.varint);
  out.varint(envelope.timestampMs);
  out.raw(body);
  out.tag(3, WireType.varint);
  out.varint(envelope.seq);
  return out.bytes.subarray(0, out.length);
}

function noteSamples(sequence: number, metrics: Uint8Array, published: PublishedSequences): boolean {
  const reader = new WireReader(metrics);
  let late = false;
  while (reader.offset < reader.end) {
    if (reader.varint() !== 0x12) throw new MalformedPayloadError('not a metric', reader.offset);
    const end = reader.partEnd();
    if (metrics[reader.offset] === SAMPLE_BEGINS) {
      reader.offset += 1;
      const alias = reader.varint();
      if (published.of(alias) > sequence) late = true;
      else if (!isBackfill(metrics, reader.offset)) published.set(alias, sequence);
    }
    reader.offset = end;
  }
  return late;
}

/** Whether a sample is marked historical already: behind its alias and time. Backfill is never the newest of its signal. */
function isBackfill(metrics: Uint8Array, afterAlias: number): boolean {
  let at = afterAlias + 1; // the time's tag
  while ((metrics[at] ?? 0) >= 0x80) at += 1;
  return metrics[at + 1] === 0x28;
}

function markLate(sequence: number, metrics: Uint8Array, published: PublishedSequences): Uint8Array {
  const reader = new WireReader(metrics);
  const out = new WireWriter(metrics.length + 1024);
  while (reader.offset < reader.end) {
    const begin = reader.offset;
    reader.varint();
    const end = reader.partEnd();
    const bodyAt = reader.offset;
    let isLate = false;
    if (metrics[bodyAt] === SAMPLE_BEGINS) {
      reader.offset += 1;
      isLate = published.of(reader.varint()) > sequence;
    }
    if (isLate) {
      out.tag(2, WireType.bytes);
      out.varint(end - bodyAt + 2);
      out.raw(metrics.subarray(bodyAt, end));
      out.varint(0x28);
      out.varint(1);
    } else out.raw(metrics.subarray(begin, end));
    reader.offset = end;
  }
  return out.bytes.subarray(0, out.length);
}

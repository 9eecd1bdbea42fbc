import type { StreamKey } from '#domain/sample-store.ts';
import type { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { KnownStream } from './ledger.ts';

/** Checksums kept in memory for each stream: redeliveries are mostly of what came a moment ago. */
const RECENT_CHECKSUMS = 20_000;
/** Records without a hole behind the last fold, before the next. */
const FOLD_EVERY = 20_000;

export interface OpenStream {
  readonly key: StreamKey;
  readonly epochNumber: number;
  received: SequenceRanges;
  readonly checksums: Map<number, number>;
  /** On their way into InfluxDB. */
  readonly underWay: Set<number>;
  foldedUpTo: number;
}

/** The streams that this worker has seen, as a cache of the ledger: it may lag behind what others stored, never lead. */
export class StreamBook {
  readonly #streams = new Map<string, OpenStream>();

  find({ agent, epoch }: StreamKey): OpenStream | undefined {
    return this.#streams.get(`${agent} ${epoch}`);
  }

  open({ stream, epochNumber }: KnownStream, received: SequenceRanges): OpenStream {
    const known = this.find(stream);
    if (known) {
      for (const [from, to] of received.toArray()) known.received.add(from, to);
      return known;
    }
    const opened: OpenStream = {
      key: stream,
      epochNumber,
      received,
      checksums: new Map(),
      underWay: new Set(),
      foldedUpTo: received.contiguousEnd(1),
    };
    this.#streams.set(`${stream.agent} ${stream.epoch}`, opened);
    return opened;
  }

  all(): IterableIterator<OpenStream> {
    return this.#streams.values();
  }
}

export function noteReceived(stream: OpenStream, sequence: number, checksum: number): void {
  stream.received.add(sequence);
  stream.checksums.set(sequence, checksum);
  if (stream.checksums.size <= RECENT_CHECKSUMS) return;
  const [oldest] = stream.checksums.keys();
  if (oldest !== undefined) stream.checksums.delete(oldest);
}

/** How far the stream should be folded now; `undefined`: not yet. */
export function dueFold(stream: OpenStream): number | undefined {
  const end = stream.received.contiguousEnd(1);
  if (end - stream.foldedUpTo < FOLD_EVERY) return undefined;
  stream.foldedUpTo = end;
  return end;
}

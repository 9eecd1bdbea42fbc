import { OverloadError } from '#platform/errors.ts';
import type { NewRecord } from './journal.ts';

export interface Group {
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  /** Neither samples nor their catalogue: may pass them while the disk is full, since a loss must be declarable. */
  readonly control: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** About, for bounds: a body made at commit time is small. */
const sizeOf = (records: readonly NewRecord[]): number =>
  records.reduce(
    (sum, { content }) => sum + 96 + (typeof content === 'function' ? 160 : content.metrics.length),
    0,
  );

const isControl = ({ kind }: NewRecord): boolean => kind !== 'samples' && kind !== 'catalogue';

/** Groups that wait for the disk, in their order, bounded by bytes. */
export class AppendQueue {
  readonly #limitBytes: number;
  #groups: Group[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** Taken and not yet durable. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Settles when the group is durable, or refused. @throws OverloadError `JOURNAL_BACKLOG` */
  add(records: readonly NewRecord[]): Promise<void> {
    const bytes = sizeOf(records);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limitBytes)
      return Promise.reject(
        new OverloadError('JOURNAL_BACKLOG', 'more is waiting for the disk than may be kept in memory'),
      );
    return new Promise((resolve, reject) => {
      this.#groups.push({ records, bytes, control: records.every(isControl), resolve, reject });
      this.#bytes += bytes;
    });
  }

  /** The next groups, about `maxBytes` of them. */
  take(maxBytes: number, controlOnly: boolean): Group[] {
    if (!controlOnly && this.#bytes <= maxBytes) return this.#groups.splice(0);
    const batch: Group[] = [];
    const rest: Group[] = [];
    let bytes = 0;
    for (const group of this.#groups) {
      if (bytes < maxBytes && (!controlOnly || group.control)) {
        batch.push(group);
        bytes += group.bytes;
      } else rest.push(group);
    }
    this.#groups = rest;
    return batch;
  }

  putBack(batch: readonly Group[]): void {
    this.#groups.unshift(...batch);
  }

  done(batch: readonly Group[]): void {
    for (const { bytes, resolve } of batch) {
      this.#bytes -= bytes;
      resolve();
    }
  }

  rejectAll(error: unknown): void {
    for (const { bytes, reject } of this.#groups.splice(0)) {
      this.#bytes -= bytes;
      reject(error);
    }
  }
}

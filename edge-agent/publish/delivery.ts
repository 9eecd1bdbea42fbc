import type { Clock } from '#platform/clock.ts';
import type { Journal, JournalRecord } from '../journal/journal.ts';
import { Signal } from '../journal/signal.ts';
import { DeliveryWindow, type Run, type WindowLimits } from './delivery-window.ts';

export interface DeliveryOptions {
  readonly journal: Journal;
  readonly limits: WindowLimits;
  readonly clock: Clock;
  /** Publishes a record; answers the bytes sent. */
  readonly send: (record: JournalRecord) => number;
  /** Called after each round of sending. */
  readonly onProgress: () => void;
}

export interface DeliveryCounters {
  readonly sentRecords: number;
  readonly sentBytes: number;
  /** Records sent again because no acknowledgement came. */
  readonly expired: number;
  readonly window: { readonly records: number; readonly bytes: number };
}

const READ_BYTES = 512 * 1024;
const TICK_MS = 50;
/** A live record that could not be sent for so long becomes backlog, so that fresh ones go first again. */
const LIVE_PATIENCE_MS = 3_000;

/** Moves records from the journal into the window, for the time of one agreement with the store. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly window: DeliveryWindow;
  readonly #signal = new Signal();
  #sentRecords = 0;
  #sentBytes = 0;
  #sentHead = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { journal } = options;
    this.window = new DeliveryWindow(options.limits, (from, to) => journal.unacknowledged(from, to));
  }

  get counters(): DeliveryCounters {
    const { expired, inFlight } = this.window;
    return { sentRecords: this.#sentRecords, sentBytes: this.#sentBytes, expired, window: inFlight };
  }

  /** Greatest sequence that was sent, or was journaled before this process began: an earlier one may have sent it. */
  get sentHead(): number {
    return this.#sentHead;
  }

  /** A process begins with its journal open. */
  begin(): void {
    this.#sentHead = this.#options.journal.stats().head;
  }

  /** A new epoch: nothing of it was sent. */
  forgetSent(): void {
    this.#sentHead = 0;
  }

  /** Sends until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { journal, clock, onProgress } = this.#options;
    const { tail, head } = journal.stats();
    this.window.begin(tail, head);
    signal.addEventListener('abort', () => this.wake(), { once: true });
    while (!signal.aborted) {
      this.#signal.lower();
      this.window.expire(clock.monotonic());
      const run = this.window.next(journal.stats().head);
      const hasSent = run !== undefined && (await this.#send(run, signal));
      onProgress();
      if (!hasSent) await this.#signal.wait(TICK_MS);
    }
  }

  /** Something may have changed: records, acknowledgements. */
  wake(): void {
    this.#signal.raise();
  }

  acknowledged(): void {
    const { journal } = this.#options;
    if (this.window.acknowledged((sequence) => journal.isAcknowledged(sequence)) > 0) this.wake();
  }

  /** False when the journal is giving up what would go next. */
  async #send(run: Run, signal: AbortSignal): Promise<boolean> {
    const { journal, clock, send } = this.#options;
    const records = await journal.read(run.from, READ_BYTES);
    if (signal.aborted) return true;
    const { head } = journal.stats();
    const first = records[0];
    if (!first || first.sequence > run.from)
      this.window.skip(run.lane, Math.min(run.to, (first?.sequence ?? Infinity) - 1));
    if (run.lane === 'live' && first && clock.now() - first.journaledAtMs > LIVE_PATIENCE_MS) {
      this.window.yieldLive(head);
      return true;
    }
    for (const record of records) {
      if (record.sequence > run.to || !this.window.admits(run.lane, record.sequence, head)) return true;
      if (!journal.claim(record.sequence)) return false;
      this.#sentHead = Math.max(this.#sentHead, record.sequence);
      const bytes = send(record);
      this.#sentRecords += 1;
      this.#sentBytes += bytes;
      this.window.sent(run.lane, { sequence: record.sequence, bytes }, clock.monotonic());
    }
    return true;
  }
}

import type { AppendOutcome, DeliveredRecord, SampleStore } from '#domain/sample-store.ts';
import { RejectedError, StoreUnavailableError, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { RawMessage } from './agent-lane.ts';
import type { StreamContext } from './stream-context.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** An error that is neither "unavailable" nor "refused" is tried so often before its record is looked for. */
const TRIES_BEFORE_SEARCH = 5;

/** A record on its way into the store. */
export interface PendingRecord {
  readonly stream: StreamContext;
  readonly samples: number;
  readonly newestMs: number | undefined;
  readonly record: DeliveredRecord;
  /** Its number in the book of times; samples have one. */
  readonly timesNo?: number | undefined;
  /** For another try: a store may have taken the columns of `record` for its own. */
  readonly message: RawMessage;
}

export interface AppenderOptions {
  readonly store: SampleStore;
  readonly limits: {
    readonly batchSamples: number;
    readonly batchRecords: number;
    readonly appendsInFlight: number;
    readonly lingerMs: number;
  };
  readonly log: Logger;
  /** The record anew from its message; `undefined` when that is no longer possible: the agent will send it again. */
  readonly decodeAgain: (pending: PendingRecord) => DeliveredRecord | undefined;
  readonly onDurable: (records: readonly PendingRecord[], outcome: AppendOutcome) => void;
  readonly onRefused: (record: PendingRecord, reason: string) => void;
  /** Given up without being stored or refused: only when stopping, or when it cannot be decoded any more. */
  readonly onForgotten: (records: readonly PendingRecord[]) => void;
  /** There is room again. */
  readonly onRoom: () => void;
}

/**
 * Gathers records into batches and keeps several writes under way. While the store cannot write, nothing more is
 * taken, what was taken is tried again with growing pauses, and the agents keep the rest.
 */
export class Appender {
  readonly #options: AppenderOptions;
  #batch: PendingRecord[] = [];
  #batchSamples = 0;
  #inFlight = 0;
  #inFlightRecords = 0;
  #failing = 0;
  #problem: string | undefined;
  #linger: NodeJS.Timeout | undefined;
  readonly #stopped = new AbortController();
  #idle: (() => void) | undefined;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Records taken and not yet durable. */
  get pending(): number {
    return this.#batch.length + this.#inFlightRecords;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Why nothing can be written now. */
  get problem(): string | undefined {
    return this.#failing > 0 ? this.#problem : undefined;
  }

  hasRoom(): boolean {
    return this.#failing === 0 && !this.#isFull() && !this.#stopped.signal.aborted;
  }

  add(pending: PendingRecord): void {
    this.#batch.push(pending);
    this.#batchSamples += pending.samples;
    if (this.#isFull()) this.#dispatch();
    else this.#linger ??= setTimeout(() => this.#dispatch(), this.#options.limits.lingerMs);
  }

  /** Writes what it has and waits for it, at most `timeoutMs`; then gives up what is not written. */
  async stop(timeoutMs: number): Promise<void> {
    this.#dispatch();
    if (this.#inFlight > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
    }
    this.#stopped.abort();
    clearTimeout(this.#linger);
    this.#options.onForgotten(this.#batch.splice(0));
  }

  #isFull(): boolean {
    const { batchRecords, batchSamples } = this.#options.limits;
    return this.#batch.length >= batchRecords || this.#batchSamples >= batchSamples;
  }

  #dispatch(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    // What cannot go now goes when a write is done.
    if (this.#batch.length === 0 || this.#inFlight >= this.#options.limits.appendsInFlight) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchSamples = 0;
    void this.#write(batch);
  }

  async #write(batch: readonly PendingRecord[]): Promise<void> {
    this.#inFlight += 1;
    this.#inFlightRecords += batch.length;
    await this.#appendUntilDone(batch);
    this.#inFlight -= 1;
    this.#inFlightRecords -= batch.length;
    this.#dispatch();
    if (this.#inFlight === 0) this.#idle?.();
    if (this.hasRoom()) this.#options.onRoom();
  }

  async #appendUntilDone(first: readonly PendingRecord[]): Promise<void> {
    let batch = first;
    for (let tries = 1; batch.length > 0; tries += 1) {
      const error = await this.#append(batch);
      if (error === undefined) return;
      const isRefusal = error instanceof RejectedError;
      const isUnknown = !isRefusal && !(error instanceof StoreUnavailableError);
      if (isRefusal || (isUnknown && tries >= TRIES_BEFORE_SEARCH)) {
        await this.#search(this.#renew(batch), error);
        return;
      }
      this.#failing += 1;
      this.#problem = messageOf(error);
      const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
      if (tries === 1 || pauseMs === LAST_RETRY_MS)
        this.#options.log.error(
          { problem: this.#problem, records: batch.length, pauseMs },
          'the historian cannot write: nothing is acknowledged, the agents keep their data; check its disk',
        );
      const goOn = await this.#pause(pauseMs);
      this.#failing -= 1;
      if (!goOn) {
        this.#options.onForgotten(batch);
        return;
      }
      batch = this.#renew(batch);
    }
  }

  async #append(batch: readonly PendingRecord[]): Promise<unknown> {
    try {
      const outcome = await this.#options.store.append(batch.map(({ record }) => record));
      this.#options.onDurable(batch, outcome);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Halves the batch until the record that the store refuses stands alone. */
  async #search(batch: readonly PendingRecord[], error: unknown): Promise<void> {
    const [only] = batch;
    if (!only) return;
    if (batch.length === 1) {
      this.#options.onRefused(only, messageOf(error));
      return;
    }
    const middle = batch.length >>> 1;
    await this.#appendHalf(batch.slice(0, middle));
    await this.#appendHalf(batch.slice(middle));
  }

  async #appendHalf(half: readonly PendingRecord[]): Promise<void> {
    const error = await this.#append(half);
    if (error === undefined) return;
    if (error instanceof StoreUnavailableError) await this.#appendUntilDone(this.#renew(half));
    else await this.#search(this.#renew(half), error);
  }

  #renew(batch: readonly PendingRecord[]): PendingRecord[] {
    const renewed: PendingRecord[] = [];
    const lost: PendingRecord[] = [];
    for (const pending of batch) {
      const record = this.#options.decodeAgain(pending);
      if (record) renewed.push({ ...pending, record });
      else lost.push(pending);
    }
    if (lost.length > 0) this.#options.onForgotten(lost);
    return renewed;
  }

  /** False when stopped meanwhile. */
  #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(false);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      }, ms);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

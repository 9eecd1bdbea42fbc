import { msToNs } from '#domain/time.ts';
import type { DeadLetter, SampleStore } from '#domain/sample-store.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { RawMessage } from './agent-lane.ts';
import type { RefusalCode } from './decode-message.ts';

const LOG_INTERVAL_MS = 5_000;

export interface Refused {
  readonly message: RawMessage;
  readonly code: RefusalCode;
  readonly reason: string;
  readonly stream?: DeadLetter['stream'];
  readonly sequence?: number | undefined;
  readonly samples?: number | undefined;
}

/** Keeps refused payloads in the store, at a bounded rate: a client gone mad does not fill the disk. */
export class DeadLetterBox {
  readonly #store: SampleStore;
  readonly #perSecond: number;
  readonly #log: Logger;
  readonly #clock: Clock;
  #tokens: number;
  #filledAtMs: number;
  #loggedAtMs = -Infinity;
  #unlogged = 0;

  constructor(store: SampleStore, perSecond: number, log: Logger, clock: Clock = systemClock) {
    this.#store = store;
    this.#perSecond = perSecond;
    this.#log = log;
    this.#clock = clock;
    this.#tokens = perSecond;
    this.#filledAtMs = clock.monotonic();
  }

  /** True when the letter is durable: the record may be acknowledged. */
  async put(refused: Refused): Promise<boolean> {
    if (!this.#take()) return false;
    const { message, code, reason, stream, sequence, samples } = refused;
    this.#tell(refused);
    try {
      await this.#store.putDeadLetter({
        receivedAt: msToNs(message.receivedAtMs),
        topic: message.topicText,
        code,
        reason,
        stream,
        sequence,
        samples,
        payload: message.payload,
      });
      return true;
    } catch (error) {
      this.#log.warn({ problem: messageOf(error), code }, 'a refused payload could not be kept');
      return false;
    }
  }

  #take(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(
      this.#perSecond,
      this.#tokens + ((now - this.#filledAtMs) / 1000) * this.#perSecond,
    );
    this.#filledAtMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #tell({ message, code, reason, sequence }: Refused): void {
    const now = this.#clock.monotonic();
    if (now - this.#loggedAtMs < LOG_INTERVAL_MS) {
      this.#unlogged += 1;
      return;
    }
    const facts = { topic: message.topicText, code, reason, sequence, unloggedBefore: this.#unlogged };
    this.#log.error(facts, 'a payload is refused; it is kept among the dead letters');
    this.#loggedAtMs = now;
    this.#unlogged = 0;
  }
}

import { systemClock, type Clock } from '#platform/clock.ts';

const POLL_MS = 5;
/** Burst of a client, in seconds of its rate. */
const BURST_S = 2;

export interface GateOptions {
  /** Per client, sustained. */
  readonly messagesPerSecond: number;
  /** Is the broker's own queue so long that publishers must wait? */
  readonly isCongested: () => boolean;
}

/** Lets one client's messages through in their order, at its rate, and not while the broker is congested. */
export class PublishGate {
  readonly #options: GateOptions;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #tokens: number;
  #filledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GateOptions, clock: Clock = systemClock) {
    this.#options = options;
    this.#clock = clock;
    this.#tokens = options.messagesPerSecond * BURST_S;
    this.#filledAt = clock.monotonic();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Calls `pass` at once, or later. Aedes reads no more from a client while one of its messages waits here. */
  enter(pass: () => void): void {
    if (this.#waiting.length === 0 && this.#take()) {
      pass();
      return;
    }
    this.#waiting.push(pass);
    this.#timer ??= setTimeout(() => this.#drain(), POLL_MS);
  }

  /** Lets all that waits go: the client is gone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  #drain(): void {
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#take()) this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#drain(), POLL_MS);
  }

  #take(): boolean {
    if (this.#options.isCongested()) return false;
    const now = this.#clock.monotonic();
    const rate = this.#options.messagesPerSecond;
    this.#tokens = Math.min(rate * BURST_S, this.#tokens + ((now - this.#filledAt) / 1000) * rate);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

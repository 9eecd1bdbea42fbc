/** What a replay has to know of its subscribers, so that no queue overflows. */
export interface Subscribers {
  /** Signals that somebody watches. */
  readonly subscribed: number;
  /** Values that every item's queue can still take. */
  readonly room: number;
  /** Taken from the items, not yet sent. */
  readonly unsent: number;
  /** Sent, not yet acknowledged messages; the server keeps a bounded number of them for Republish. */
  readonly unacknowledged: number;
}

const MAX_UNSENT = 20_000;
const MAX_UNACKNOWLEDGED = 50;
/** Not every signal need be watched: after so long without a new one, those that are watched are enough. */
const SETTLED_MS = 2_000;

/** Holds a replay until its subscribers are there, and while they cannot take more. */
export class SubscriberGate {
  readonly #subscribers: () => Subscribers;
  readonly #signals: number;
  readonly #now: () => number;
  #required = 0;
  #mostSeen = 0;
  #mostSeenAtMs = 0;

  constructor(subscribers: () => Subscribers, signals: number, now: () => number) {
    this.#subscribers = subscribers;
    this.#signals = signals;
    this.#now = now;
  }

  /** All signals are watched, or no more of them since a while. */
  areThere(): boolean {
    const { subscribed } = this.#subscribers();
    if (subscribed > this.#mostSeen) {
      this.#mostSeen = subscribed;
      this.#mostSeenAtMs = this.#now();
    }
    const settled = subscribed > 0 && this.#now() - this.#mostSeenAtMs > SETTLED_MS;
    if (subscribed < this.#signals && !settled) return false;
    this.#required = subscribed;
    return true;
  }

  /** A subscriber that went away and is awaited again counts as a full queue. */
  hasRoom(): boolean {
    const { subscribed, room, unsent, unacknowledged } = this.#subscribers();
    return (
      subscribed >= this.#required && room >= 1 && unsent < MAX_UNSENT && unacknowledged < MAX_UNACKNOWLEDGED
    );
  }
}

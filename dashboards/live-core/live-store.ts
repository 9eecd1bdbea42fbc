import type { ClientMessage, DictionaryMessage, FrameMessage, LiveValue } from '#contracts/live.ts';
import type { ServerClock } from './server-clock.ts';

/** Number of a signal within this page: dense from 0, stable over reconnects and server restarts. */
export type Slot = number;

export interface SubscriptionWish {
  /** Signal ids, or `site/machine/*`. */
  readonly tags: readonly string[];
  /** Frames a second at most. */
  readonly rate: number;
  readonly mode: 'last' | 'minmax';
}

/** Told of each value of a slot that a frame brings, snapshots included. */
export interface SlotListener {
  onValue(slot: Slot): void;
}

const INITIAL_SLOTS = 256;
const UNKNOWN_SLOT = -1;
const BAD = 0x8000_0000;

/**
 * Latest value of every subscribed signal, as columns that outlive screens, reconnects and server restarts. A
 * screen subscribes what it shows and closes the subscription when it goes; nothing else is on the wire.
 */
export class LiveStore {
  readonly serverClock: ServerClock;
  /** Latest values; `undefined` = none yet. */
  readonly values: (LiveValue | undefined)[] = [];
  /** Latest values that were not Bad, and their source times. */
  readonly goodValues: (LiveValue | undefined)[] = [];
  readonly goodTimes = new Map<Slot, number>();
  /** Source time, ms since 1970 on the server's clock; NaN = none yet. */
  times = new Float64Array(INITIAL_SLOTS).fill(NaN);
  /** OPC UA status codes. */
  status = new Uint32Array(INITIAL_SLOTS);
  /** Least and greatest value since the frame before; NaN where it is not a number. */
  lo = new Float64Array(INITIAL_SLOTS).fill(NaN);
  hi = new Float64Array(INITIAL_SLOTS).fill(NaN);
  /** Source times of the values that opened the current subscription; NaN while there is none. */
  snapshotTimes = new Float64Array(INITIAL_SLOTS).fill(NaN);
  readonly #slots = new Map<string, Slot>();
  readonly #listeners: (Set<SlotListener> | undefined)[] = [];
  readonly #subscriptions = new Map<number, SubscriptionWish>();
  readonly #staleSince = new Map<string, number>();
  #slotOfServerId: Slot[] = [];
  #epoch = '';
  #send: (message: ClientMessage) => void = () => {};
  onStaleChange: () => void = () => {};

  constructor(serverClock: ServerClock) {
    this.serverClock = serverClock;
  }

  /** Where subscriptions go; set once the transport exists. */
  connect(send: (message: ClientMessage) => void): void {
    this.#send = send;
  }

  slotOf(signal: string): Slot {
    const known = this.#slots.get(signal);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    this.#slots.set(signal, slot);
    if (slot >= this.times.length) this.#grow();
    return slot;
  }

  listen(slot: Slot, listener: SlotListener): () => void {
    const set = (this.#listeners[slot] ??= new Set());
    set.add(listener);
    return () => set.delete(listener);
  }

  /** Returns its end. The server answers with a dictionary and a snapshot, now and after each reconnect. */
  subscribe(wish: SubscriptionWish): () => void {
    let number = 1;
    while (this.#subscriptions.has(number)) number += 1;
    this.#subscriptions.set(number, wish);
    this.#send(subscribeMessage(number, wish));
    return () => {
      if (this.#subscriptions.delete(number)) this.#send({ unsub: number });
    };
  }

  /** Everything that is wanted, anew: values of before are void until the snapshot comes. */
  resubscribe(): void {
    this.serverClock.reset();
    this.snapshotTimes.fill(NaN);
    for (const [number, wish] of this.#subscriptions) this.#send(subscribeMessage(number, wish));
  }

  applyDictionary(message: DictionaryMessage): void {
    if (message.epoch !== this.#epoch) {
      this.#epoch = message.epoch;
      this.#slotOfServerId = [];
    }
    for (const [id, signal] of message.ids) this.#slotOfServerId[id] = this.slotOf(signal);
  }

  applyFrame(frame: FrameMessage): void {
    this.serverClock.observe(frame.t);
    if (frame.stale !== undefined) this.#applyStale(frame.stale, frame.t);
    for (let n = 0; n < frame.i.length; n += 1) {
      const slot = this.#slotOfServerId[frame.i[n] ?? UNKNOWN_SLOT];
      if (slot !== undefined) this.#applyValue(slot, frame, n);
    }
  }

  /** ms since the last proof of life of the machine's path; `undefined` while it is alive. */
  staleAgeMs(machine: string): number | undefined {
    const since = this.#staleSince.get(machine);
    return since === undefined ? undefined : Math.max(0, this.serverClock.now() - since);
  }

  #applyValue(slot: Slot, frame: FrameMessage, n: number): void {
    const value = frame.v[n] ?? null;
    this.values[slot] = value;
    this.times[slot] = frame.t + (frame.d[n] ?? 0);
    this.status[slot] = frame.q?.[n] ?? 0;
    if (value !== null && (this.status[slot] ?? 0) < BAD) {
      this.goodValues[slot] = value;
      this.goodTimes.set(slot, this.times[slot] ?? NaN);
    }
    const number = typeof value === 'number' ? value : NaN;
    this.lo[slot] = frame.lo?.[n] ?? number;
    this.hi[slot] = frame.hi?.[n] ?? number;
    if (Number.isNaN(this.snapshotTimes[slot])) this.snapshotTimes[slot] = this.times[slot] ?? NaN;
    const listeners = this.#listeners[slot];
    if (listeners) for (const listener of listeners) listener.onValue(slot);
  }

  #applyStale(stale: Readonly<Record<string, number>>, serverMs: number): void {
    let changed = false;
    for (const machine of this.#staleSince.keys()) {
      if (stale[machine] === undefined) {
        this.#staleSince.delete(machine);
        changed = true;
      }
    }
    for (const [machine, ageMs] of Object.entries(stale)) {
      if (!this.#staleSince.has(machine)) changed = true;
      this.#staleSince.set(machine, serverMs - ageMs);
    }
    if (changed) this.onStaleChange();
  }

  #grow(): void {
    const size = this.times.length * 2;
    const grown = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(size).fill(NaN);
      next.set(old);
      return next;
    };
    this.times = grown(this.times);
    this.lo = grown(this.lo);
    this.hi = grown(this.hi);
    this.snapshotTimes = grown(this.snapshotTimes);
    const status = new Uint32Array(size);
    status.set(this.status);
    this.status = status;
  }
}

const subscribeMessage = (number: number, wish: SubscriptionWish): ClientMessage => ({
  sub: number,
  tags: [...wish.tags],
  rate: wish.rate,
  mode: wish.mode,
});

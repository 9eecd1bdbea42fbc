import { systemClock, type Clock } from '#platform/clock.ts';
import { machineId, type MachineId } from '#domain/asset-path.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { SampleStore, StreamKey, StreamState } from '#domain/sample-store.ts';
import type { TimeNs } from '#domain/time.ts';
import type { DeliveryAck } from '#contracts/delivery.ts';
import type { BirthAnswer } from './birth-desk.ts';

/** As many as the contract allows in one message; the agent hears of the rest by resending. */
const MAX_RANGES = 10_000;

export interface AcknowledgerOptions {
  /** Opened, and nothing appended to it yet. */
  readonly store: Pick<SampleStore, 'storeId' | 'machines' | 'latest'>;
  readonly perSecond: number;
  /** False when there is no connection: it is kept for the next one. */
  readonly send: (stream: StreamKey, ack: DeliveryAck) => boolean;
  readonly clock?: Clock;
}

interface Waiting {
  readonly stream: StreamKey;
  readonly ranges: SequenceRanges;
  sentAtMs: number;
  timer: NodeJS.Timeout | undefined;
}

/** Tells the agents what is durable: ranges united, at most so many messages a second for each stream. */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #storeId: string;
  /** Of the time when the store was opened. */
  readonly #newest: ReadonlyMap<MachineId, TimeNs>;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = 1000 / options.perSecond;
    this.#storeId = options.store.storeId;
    this.#newest = newestOf(options.store);
  }

  /** `sequence` of `stream` is durable (stored, stored before, or kept as a dead letter). */
  add(stream: StreamKey, sequence: number): void {
    const waiting = this.#of(stream);
    waiting.ranges.add(sequence);
    if (waiting.timer) return;
    const delayMs = Math.max(0, waiting.sentAtMs + this.#intervalMs - this.#clock.monotonic());
    waiting.timer = setTimeout(() => this.#send(waiting), delayMs);
  }

  /** Answers a birth, by its name where it has one: all that the store has of the stream. */
  announce({ stream, received }: StreamState, { birth, isForked, isOfOtherStore }: BirthAnswer): void {
    const ranges = received.slice(-MAX_RANGES).map(([from, to]): [number, number] => [from, to]);
    const head = received.at(-1)?.[1] ?? 0;
    this.#options.send(stream, {
      epoch: stream.epoch,
      store: this.#storeId,
      head,
      ...(birth !== undefined && { birth }),
      ...(isForked && { forked: true as const }),
      ranges,
      ...(isOfOtherStore && { newest: this.#newestOf(stream) }),
    });
  }

  /** Of the site of the stream's agent. */
  #newestOf({ agent }: StreamKey): DeliveryAck['newest'] {
    const [site = ''] = agent.split('/');
    const before = machineId(site, '');
    const ofSite = [...this.#newest].filter(([machine]) => machine.startsWith(before));
    return Object.fromEntries(ofSite.map(([machine, ns]) => [machine.slice(before.length), String(ns)]));
  }

  /** Sends what waits, now. */
  flush(): void {
    for (const waiting of this.#waiting.values()) this.#send(waiting);
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) clearTimeout(waiting.timer);
    this.#waiting.clear();
  }

  #of(stream: StreamKey): Waiting {
    const key = `${stream.agent} ${stream.epoch}`;
    const known = this.#waiting.get(key);
    if (known) return known;
    const fresh = { stream, ranges: new SequenceRanges(), sentAtMs: -Infinity, timer: undefined };
    this.#waiting.set(key, fresh);
    return fresh;
  }

  #send(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const all = waiting.ranges.toArray();
    if (all.length === 0) return;
    const ranges = all.slice(0, MAX_RANGES).map(([from, to]): [number, number] => [from, to]);
    const { epoch } = waiting.stream;
    if (!this.#options.send(waiting.stream, { epoch, store: this.#storeId, ranges })) return;
    waiting.sentAtMs = this.#clock.monotonic();
    this.#waiting.delete(`${waiting.stream.agent} ${epoch}`);
    const fresh = this.#of(waiting.stream);
    fresh.sentAtMs = waiting.sentAtMs;
    for (const [from, to] of all.slice(MAX_RANGES)) fresh.ranges.add(from, to);
    if (fresh.ranges.size > 0) fresh.timer = setTimeout(() => this.#send(fresh), this.#intervalMs);
  }
}

/** Time of the newest value of each machine that has one. */
function newestOf(store: Pick<SampleStore, 'machines' | 'latest'>): Map<MachineId, TimeNs> {
  const newest = new Map<MachineId, TimeNs>();
  for (const { machine } of store.machines())
    for (const { sourceTimestamp: time } of store.latest(machine.id))
      if (time > (newest.get(machine.id) ?? -Infinity)) newest.set(machine.id, time);
  return newest;
}

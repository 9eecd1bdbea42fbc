import type { DataType } from 'node-opcua';
import type { SignalValue } from '../model/signal.ts';
import { NotificationBytes, type PackedItem } from './notification-encoding.ts';

/** A block of notifications, ready to be sent. */
export interface PackedBlock {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** A place in the lane: what a monitored item asked for. */
export interface LaneItem extends PackedItem {
  /** 2 or more; the oldest value is the one to go. */
  readonly queueSize: number;
}

/** The item's number in the lane. */
export type Slot = number;

/** What of an entry matters beyond its bytes. */
const Entry = { whole: 0, overflowed: 1, dropped: 2 } as const;

/** Overflow and "this is about a data value" (OPC 10000-4, 7.39.1). */
export const OVERFLOW_BITS = 0x480;
const COMPACT_AFTER = 4_096;
const NONE = -1;
const NOBODY: LaneItem = { clientHandle: 0, times: 0, queueSize: 2 };

/**
 * Values of a subscription that wait to be sent, as encoded bytes in the order in which they were written, with the queue of
 * each monitored item kept to its size: when one is full, its oldest value is dropped and the next one carries the overflow
 * bit (OPC 10000-4, 5.13.1.5, discardOldest).
 */
export class NotificationLane {
  /** Of all items, whatever they asked for: a fault that makes queues overflow. */
  queueLimit = Infinity;
  readonly #bytes = new NotificationBytes();
  /** By entry: where it begins, whose it is, the next one of the same item, its state. */
  #at = new Uint32Array(1024);
  #slotOf = new Int32Array(1024);
  #next = new Int32Array(1024);
  #state = new Uint8Array(1024);
  #entries = 0;
  #dropped = 0;
  #overflowed = 0;
  /** By slot: its oldest and newest entry, and how many wait. */
  #oldest = new Int32Array(256);
  #newest = new Int32Array(256);
  #waiting = new Int32Array(256);
  readonly #items: LaneItem[] = [];
  /** Slots are given again only when nothing of their last owner waits. */
  readonly #freeSlots: Slot[] = [];
  readonly #leftSlots: Slot[] = [];
  /** Values that fell out of a full queue, ever. */
  overflows = 0;

  /** Memory taken, about. */
  get capacityBytes(): number {
    return this.#bytes.bytes.length + 13 * this.#at.length;
  }

  /** Values that wait. */
  get count(): number {
    return this.#entries - this.#dropped;
  }

  join(item: LaneItem): Slot {
    const slot = this.#freeSlots.pop() ?? this.#items.length;
    this.#items[slot] = item;
    if (slot >= this.#waiting.length) {
      this.#oldest = widen(this.#oldest);
      this.#newest = widen(this.#newest);
      this.#waiting = widen(this.#waiting);
    }
    this.#waiting[slot] = 0;
    return slot;
  }

  /** The item does not write here any more; what waits of it stays. */
  leave(slot: Slot): void {
    this.#leftSlots.push(slot);
  }

  clear(slot: Slot): void {
    for (let left = this.waiting(slot); left > 0; left -= 1) this.#dropOldest(slot);
  }

  waiting(slot: Slot): number {
    return this.#waiting[slot] ?? 0;
  }

  setTimes(sourceMs: number, below: number, serverMs: number): void {
    this.#bytes.setTimes(sourceMs, below, serverMs);
  }

  write(slot: Slot, dataType: DataType, value: SignalValue | null, statusCode: number): void {
    const item = this.#items[slot] ?? NOBODY;
    if (this.waiting(slot) >= Math.min(item.queueSize, this.queueLimit)) this.#overflow(slot);
    if (this.#entries >= this.#at.length) this.#grow();
    this.#enter(this.#bytes.length, slot);
    this.#bytes.add(item, dataType, value, statusCode);
  }

  #enter(at: number, slot: Slot): void {
    const entry = this.#entries++;
    this.#at[entry] = at;
    this.#slotOf[entry] = slot;
    this.#next[entry] = NONE;
    this.#state[entry] = Entry.whole;
    if (this.waiting(slot) === 0) this.#oldest[slot] = entry;
    else this.#next[this.#newest[slot] ?? 0] = entry;
    this.#newest[slot] = entry;
    this.#waiting[slot] = this.waiting(slot) + 1;
  }

  #overflow(slot: Slot): void {
    this.#dropOldest(slot);
    this.overflows += 1;
    const entry = this.#oldest[slot] ?? NONE;
    if (entry >= 0 && this.#state[entry] === Entry.whole) {
      this.#state[entry] = Entry.overflowed;
      this.#overflowed += 1;
    }
    if (this.#dropped > COMPACT_AFTER && this.#dropped * 2 > this.#entries) this.#compact();
  }

  #dropOldest(slot: Slot): void {
    const entry = this.#oldest[slot] ?? 0;
    if (this.#state[entry] === Entry.overflowed) this.#overflowed -= 1;
    this.#state[entry] = Entry.dropped;
    this.#dropped += 1;
    this.#oldest[slot] = this.#next[entry] ?? NONE;
    this.#waiting[slot] = this.waiting(slot) - 1;
  }

  #compact(): void {
    const kept = new NotificationBytes();
    const entries = this.#entries;
    const source = this.#bytes.bytes;
    const end = this.#bytes.length;
    this.#waiting.fill(0);
    this.#entries = 0;
    for (let entry = 0; entry < entries; entry += 1) {
      const state = this.#state[entry] ?? 0;
      if (state === Entry.dropped) continue;
      const from = this.#at[entry] ?? 0;
      const to = entry + 1 < entries ? (this.#at[entry + 1] ?? end) : end;
      this.#enter(kept.length, this.#slotOf[entry] ?? 0);
      if (state === Entry.overflowed) kept.copyWithStatus(source, from, to, OVERFLOW_BITS);
      else kept.copy(source, from, to);
    }
    this.#dropped = 0;
    this.#overflowed = 0;
    this.#bytes.take(kept);
  }

  /** All that waits, in blocks of at most `maxCount` values and about `maxBytes`. Afterwards nothing waits. */
  seal(maxCount: number, maxBytes: number): PackedBlock[] {
    if (this.#dropped > 0 || this.#overflowed > 0) this.#compact();
    const blocks: PackedBlock[] = [];
    const entries = this.#entries;
    const beginOf = (entry: number): number =>
      entry < entries ? (this.#at[entry] ?? 0) : this.#bytes.length;
    for (let from = 0; from < entries;) {
      let to = Math.min(from + maxCount, entries);
      while (to > from + 1 && beginOf(to) - beginOf(from) > maxBytes) to = from + ((to - from) >>> 1);
      blocks.push({ count: to - from, bytes: this.#bytes.bytes.slice(beginOf(from), beginOf(to)) });
      from = to;
    }
    this.#bytes.clear();
    this.#entries = 0;
    this.#waiting.fill(0);
    this.#freeSlots.push(...this.#leftSlots.splice(0));
    return blocks;
  }

  #grow(): void {
    this.#at = widen(this.#at);
    this.#slotOf = widen(this.#slotOf);
    this.#next = widen(this.#next);
    this.#state = widen(this.#state);
  }
}

function widen<Column extends Uint8Array | Uint32Array | Int32Array>(column: Column): Column {
  const wider = new (column.constructor as new (length: number) => Column)(column.length * 2);
  wider.set(column);
  return wider;
}

import type { SequenceRange } from '#domain/sequence-ranges.ts';

export interface WindowLimits {
  readonly records: number;
  readonly bytes: number;
  /** Least part that a backlog gets while live records come in. */
  readonly backlogShare: number;
  readonly ackTimeoutMs: number;
  readonly ackTimeoutMaxMs: number;
}

export type Lane = 'live' | 'backlog';

/** What may be sent next: records `from..to`, as long as {@link DeliveryWindow.admits} says so. */
export interface Run {
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
}

interface InFlight {
  readonly bytes: number;
  readonly sentAtMs: number;
  readonly lane: Lane;
}

/** What of `from..to` is not acknowledged, in order. */
type Unacknowledged = (from: number, to: number) => readonly SequenceRange[];

/** Part of the window that a backlog leaves free, so that the next live record need not wait for an acknowledgement. */
const KEPT_FOR_LIVE = 0.25;
const LOOK_AHEAD = 4_096;

/**
 * Which record goes next, and how much may be under way. Two lanes: `live`, the records made since the session began,
 * in order; `backlog`, everything older that is neither acknowledged nor under way. Live goes first, the backlog
 * keeps its share. What is not acknowledged in time goes back to the backlog; the time-out doubles until an
 * acknowledgement comes. Pure: no clock, no net.
 */
export class DeliveryWindow {
  readonly #limits: WindowLimits;
  readonly #unacknowledged: Unacknowledged;
  /** In the order of sending. */
  readonly #inFlight = new Map<number, InFlight>();
  readonly #used: Record<Lane, { records: number; bytes: number }> = {
    live: { records: 0, bytes: 0 },
    backlog: { records: 0, bytes: 0 },
  };
  #liveNext = 1;
  #cursor = 1;
  #timeoutMs: number;
  /** Records that were put back because no acknowledgement came. */
  expired = 0;

  constructor(limits: WindowLimits, unacknowledged: Unacknowledged) {
    this.#limits = limits;
    this.#unacknowledged = unacknowledged;
    this.#timeoutMs = limits.ackTimeoutMs;
  }

  /** A new session: nothing is under way; what is journaled up to `head` is backlog. */
  begin(tail: number, head: number): void {
    this.#inFlight.clear();
    this.#used.live = { records: 0, bytes: 0 };
    this.#used.backlog = { records: 0, bytes: 0 };
    this.#cursor = tail;
    this.#liveNext = head + 1;
    this.#timeoutMs = this.#limits.ackTimeoutMs;
  }

  get inFlight(): { records: number; bytes: number } {
    const { live, backlog } = this.#used;
    return { records: live.records + backlog.records, bytes: live.bytes + backlog.bytes };
  }

  /** Whether everything up to `sequence` was sent at least once in this session. */
  isSent(sequence: number): boolean {
    return sequence < this.#liveNext && sequence < (this.#nextBacklog()?.[0] ?? Infinity);
  }

  /** What to send now; `undefined` when the window is full or there is nothing. */
  next(head: number): Run | undefined {
    const backlog = this.#nextBacklog();
    const liveWaits = this.#liveNext <= head;
    if (liveWaits && this.#hasRoom('live', backlog !== undefined))
      return { lane: 'live', from: this.#liveNext, to: head };
    if (backlog && this.#hasRoom('backlog', liveWaits))
      return { lane: 'backlog', from: backlog[0], to: backlog[1] };
    return undefined;
  }

  /** Whether the next record of a run still fits. */
  admits(lane: Lane, sequence: number, head: number): boolean {
    if (this.#inFlight.has(sequence)) return false;
    return this.#hasRoom(lane, lane === 'live' ? this.#nextBacklog() !== undefined : this.#liveNext <= head);
  }

  #hasRoom(lane: Lane, otherWaits: boolean): boolean {
    const { records, bytes } = this.#limits;
    const total = this.inFlight;
    if (total.records === 0) return true; // one record longer than the window must pass, too
    if (total.records >= records || total.bytes >= bytes) return false;
    const mine = this.#used[lane];
    const share = this.#share(lane, otherWaits);
    return mine.records < Math.max(1, records * share) && mine.bytes < bytes * share;
  }

  #share(lane: Lane, otherWaits: boolean): number {
    const { backlogShare } = this.#limits;
    if (lane === 'live') return otherWaits ? 1 - backlogShare : 1;
    return otherWaits ? backlogShare : Math.max(backlogShare, 1 - KEPT_FOR_LIVE);
  }

  #nextBacklog(): SequenceRange | undefined {
    while (this.#cursor < this.#liveNext) {
      if (this.#inFlight.has(this.#cursor)) {
        this.#cursor += 1;
        continue;
      }
      const to = Math.min(this.#cursor + LOOK_AHEAD, this.#liveNext - 1);
      const range = this.#unacknowledged(this.#cursor, to)[0];
      if (!range) this.#cursor = to + 1;
      else if (range[0] === this.#cursor) return range;
      else this.#cursor = range[0];
    }
    return undefined;
  }

  /** Records up to `to` of the lane do not exist any more. */
  skip(lane: Lane, to: number): void {
    if (lane === 'live') this.#liveNext = Math.max(this.#liveNext, to + 1);
    else this.#cursor = Math.max(this.#cursor, to + 1);
  }

  /** Live records that could not be sent in time become backlog: what comes now goes first. */
  yieldLive(head: number): void {
    this.#cursor = Math.min(this.#cursor, this.#liveNext);
    this.#liveNext = head + 1;
  }

  sent(lane: Lane, record: { readonly sequence: number; readonly bytes: number }, nowMs: number): void {
    const { sequence, bytes } = record;
    this.#inFlight.set(sequence, { bytes, sentAtMs: nowMs, lane });
    this.#used[lane].records += 1;
    this.#used[lane].bytes += bytes;
    if (this.#cursor === sequence) this.#cursor = sequence + 1;
    if (lane === 'live') this.#liveNext = sequence + 1;
  }

  /** Takes out what is acknowledged; answers how many records that were. */
  acknowledged(isAcknowledged: (sequence: number) => boolean): number {
    let count = 0;
    for (const [sequence, record] of this.#inFlight) {
      if (!isAcknowledged(sequence)) continue;
      this.#remove(sequence, record);
      count += 1;
    }
    if (count > 0) this.#timeoutMs = this.#limits.ackTimeoutMs;
    return count;
  }

  #remove(sequence: number, { lane, bytes }: InFlight): void {
    this.#inFlight.delete(sequence);
    this.#used[lane].records -= 1;
    this.#used[lane].bytes -= bytes;
  }

  /** Puts what waited too long back to the backlog; answers how many records that were. */
  expire(nowMs: number): number {
    let count = 0;
    for (const [sequence, record] of this.#inFlight) {
      if (nowMs - record.sentAtMs < this.#timeoutMs) break;
      this.#remove(sequence, record);
      this.#cursor = Math.min(this.#cursor, sequence);
      count += 1;
    }
    if (count > 0) this.#timeoutMs = Math.min(this.#timeoutMs * 2, this.#limits.ackTimeoutMaxMs);
    this.expired += count;
    return count;
  }
}

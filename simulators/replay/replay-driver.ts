import type { ReplayConfig } from '#contracts/config/simulators.ts';
import type { Logger } from '#platform/logger.ts';
import type { ProducedTick, TickSink } from '../model/produced-tick.ts';
import type { Recording } from './recording.ts';
import type { Subscribers } from './subscriber-gate.ts';
import { clearTick, createTick } from '../model/produced-tick.ts';
import { SubscriberGate } from './subscriber-gate.ts';

export interface ReplayDriverOptions {
  readonly recording: Recording;
  readonly config: Pick<ReplayConfig, 'speed' | 'repeat' | 'times' | 'waitForSubscriber'>;
  /** What the sink knows the machine by. */
  readonly position: number;
  readonly sink: TickSink;
  readonly subscribers: () => Subscribers;
  readonly log: Logger;
  /** ms since 1970. */
  readonly now: () => number;
}

/** `waiting` for subscribers, `playing`, `held` because a queue is full, `finished` after the last row. */
export type ReplayState = 'waiting' | 'playing' | 'held' | 'finished';

const POLL_MS = 5;
/** Rows handed out before other work gets its turn. */
const ROWS_PER_TURN = 100;
const BAD_NO_DATA = 0x809b0000;

/**
 * Plays a recording: every row, every column, in the order of the file, each with its own source time. Never
 * hands out more than the subscribers' queues take: what a client is slow to fetch waits here.
 */
export class ReplayDriver {
  state: ReplayState = 'waiting';
  /** Rows handed out, all rounds together. */
  rows = 0;
  readonly #options: ReplayDriverOptions;
  readonly #tick: ProducedTick = createTick();
  #timer: NodeJS.Timeout | undefined;
  #row = 0;
  #startedMs = 0;
  readonly #gate: SubscriberGate;

  constructor(options: ReplayDriverOptions) {
    this.#options = options;
    this.#gate = new SubscriberGate(options.subscribers, options.recording.signals.length, options.now);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#turn(), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #turn(): void {
    const { recording, config, now } = this.#options;
    if (this.state === 'waiting' && config.waitForSubscriber && !this.#gate.areThere()) return;
    if (this.state === 'waiting') {
      this.state = 'playing';
      this.#startedMs = now();
    }
    for (let i = 0; i < ROWS_PER_TURN; i += 1) {
      if (!this.#gate.hasRoom()) {
        this.state = 'held';
        return;
      }
      this.state = 'playing';
      if (this.#dueMs(this.#row) > now()) return;
      this.#emit(this.#row);
      this.#row += 1;
      if (this.#row < recording.timesMs.length) continue;
      if (config.repeat === 'once') return this.#finish();
      this.#row = 0;
      this.#startedMs = now();
    }
  }

  #finish(): void {
    this.stop();
    this.state = 'finished';
    const { recording, log } = this.#options;
    const values = this.rows * recording.signals.length;
    log.info({ machine: recording.mapping.id, rows: this.rows, values }, 'replay finished');
  }

  /** Wall-clock time of a row. A step back in recorded time is due at once: the row before it was later. */
  #dueMs(row: number): number {
    const { speed } = this.#options.config;
    if (speed === 'max') return 0;
    return this.#startedMs + this.#sinceFirstMs(row) / speed;
  }

  #sinceFirstMs(row: number): number {
    const { timesMs } = this.#options.recording;
    return (timesMs[row] ?? 0) - (timesMs[0] ?? 0);
  }

  #emit(row: number): void {
    const { recording, config, position, sink } = this.#options;
    const tick = this.#tick;
    clearTick(tick);
    if (config.times === 'recorded') {
      tick.timeMs = recording.timesMs[row] ?? 0;
      tick.below = recording.below[row] ?? 0;
    } else {
      tick.timeMs = Math.round(this.#dueMs(row));
      tick.below = 0;
    }
    recording.columns.forEach((column, signal) => {
      const value = column[row] ?? null;
      tick.signals.push(signal);
      tick.values.push(value);
      tick.statuses.push(value === null ? BAD_NO_DATA : 0);
    });
    this.rows += 1;
    sink.accept(position, tick);
  }
}

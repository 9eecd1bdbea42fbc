import type { Logger } from '#platform/logger.ts';
import type { TickSink } from '../model/produced-tick.ts';
import type { MachineRecording, RecordedSample } from './machine-recording.ts';
import type { RecordedMachineParameters } from './recorded-machine.ts';
import type { Subscribers } from './subscriber-gate.ts';
import { messageOf } from '#platform/errors.ts';
import { clearTick, createTick } from '../model/produced-tick.ts';
import { samplesOf } from './machine-recording.ts';
import { SubscriberGate } from './subscriber-gate.ts';
import { SampleTiming } from './sample-timing.ts';

export interface RecordedDriverOptions {
  readonly recording: MachineRecording;
  readonly config: RecordedMachineParameters;
  readonly machineId: string;
  /** What the sink knows the machine by. */
  readonly position: number;
  readonly sink: TickSink;
  readonly subscribers: () => Subscribers;
  readonly log: Logger;
  /** ms since 1970. */
  readonly now: () => number;
}

interface Due {
  readonly dueMs: number;
  readonly sample: RecordedSample;
}

const POLL_MS = 5;
const SAMPLES_PER_TURN = 2_000;
/** Recorded ms that are read ahead of what is played, beyond what a sample may have been late. */
const AHEAD_MS = 1_500;

/**
 * Plays a recorded machine: each value with its status, at the time after the first at which its machine made it. The file is
 * read as it is played. Never hands out more than the subscribers' queues take.
 */
export class RecordedDriver {
  state: 'waiting' | 'playing' | 'held' | 'finished' = 'waiting';
  /** Values handed out, all rounds together. */
  samples = 0;
  readonly #options: RecordedDriverOptions;
  readonly #gate: SubscriberGate;
  readonly #tick = createTick();
  #timing: SampleTiming;
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #round = 0;
  #source: ReturnType<typeof samplesOf> | undefined;
  #isReading = false;
  #readToMs = 0;
  /** Sorted by due time; values of one variable in the order of the file. */
  #pending: Due[] = [];
  #seen = new Set<number>();

  constructor(options: RecordedDriverOptions) {
    this.#options = options;
    this.#gate = new SubscriberGate(options.subscribers, options.recording.watched.length, options.now);
    this.#timing = new SampleTiming(options.recording.delayMs);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#turn(), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    void this.#source?.return(undefined);
  }

  #turn(): void {
    const { config, now } = this.#options;
    if (
      this.state === 'finished' ||
      (this.state === 'waiting' && config.waitForSubscriber && !this.#gate.areThere())
    )
      return;
    if (this.state === 'waiting') this.#begin();
    const elapsedMs = (now() - this.#startedMs) * config.speed;
    this.#readAhead(elapsedMs);
    if (!this.#gate.hasRoom()) {
      this.state = 'held';
      return;
    }
    this.state = 'playing';
    // What is not read yet may have been late: it is due first.
    const ripeMs = Math.min(elapsedMs, this.#readToMs - SampleTiming.mostLateMs);
    const beyond = this.#pending.findIndex(({ dueMs }) => dueMs > ripeMs);
    const count = Math.min(SAMPLES_PER_TURN, beyond < 0 ? this.#pending.length : beyond);
    this.#play(this.#pending.splice(0, count));
    if (this.#readToMs === Infinity && this.#pending.length === 0) this.#finishRound();
  }

  #begin(): void {
    this.#startedMs = this.#options.now();
    this.#timing = new SampleTiming(this.#options.recording.delayMs);
    this.#source = samplesOf(this.#options.recording.file);
    this.#seen = new Set();
    this.#readToMs = 0;
    this.state = 'playing';
  }

  #finishRound(): void {
    const { config, log, machineId } = this.#options;
    // The rest of the last second belongs to the round.
    if ((this.#options.now() - this.#startedMs) * config.speed < this.#options.recording.durationMs) return;
    this.#round += 1;
    if (config.repeat === 'loop') return this.#begin();
    this.stop();
    this.state = 'finished';
    log.info({ machine: machineId, samples: this.samples }, 'replay finished');
  }

  #readAhead(elapsedMs: number): void {
    const wantedMs = elapsedMs + SampleTiming.mostLateMs + AHEAD_MS;
    if (this.#isReading || this.#readToMs >= wantedMs) return;
    this.#isReading = true;
    this.#read(wantedMs)
      .catch((error: unknown) => {
        this.#options.log.error(
          { machine: this.#options.machineId, error: messageOf(error) },
          'the recording cannot be read on',
        );
        this.#readToMs = Infinity;
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #read(wantedMs: number): Promise<void> {
    const source = this.#source;
    while (source && this.#readToMs < wantedMs) {
      const { done, value } = await source.next();
      if (done === true) {
        this.#readToMs = Infinity;
        break;
      }
      for (const sample of value.samples)
        this.#pending.push({ sample, dueMs: this.#timing.dueMs(sample, value.at) });
      this.#readToMs = value.at;
    }
    // Stable: values of one variable keep their order.
    this.#pending.sort((a, b) => a.dueMs - b.dueMs);
  }

  #play(ripe: readonly Due[]): void {
    const { position, sink } = this.#options;
    const tick = this.#tick;
    clearTick(tick);
    for (const { sample } of ripe) {
      if (this.#isPreset(sample)) continue;
      const { timeMs, below } = this.#timeOf(sample);
      if (tick.signals.length > 0 && !(Object.is(timeMs, tick.timeMs) && below === tick.below)) {
        sink.accept(position, tick);
        clearTick(tick);
      }
      tick.timeMs = timeMs;
      tick.below = below;
      tick.signals.push(sample[0]);
      tick.values.push(sample[4] === '' ? null : { variant: Buffer.from(sample[4], 'base64') });
      tick.statuses.push(sample[3]);
      this.samples += 1;
    }
    if (tick.signals.length > 0) sink.accept(position, tick);
  }

  /** With the recorded times the first value of each variable stands there from the start. */
  #isPreset([variable]: RecordedSample): boolean {
    if (this.#options.config.times === 'now' || this.#round > 0 || this.#seen.has(variable)) return false;
    this.#seen.add(variable);
    return true;
  }

  #timeOf([, sourceMs, below]: RecordedSample): { readonly timeMs: number; readonly below: number } {
    if (sourceMs === null) return { timeMs: Number.NaN, below: 0 };
    const { config, recording } = this.#options;
    if (config.times === 'recorded') return { timeMs: sourceMs, below };
    // All times are moved by the same span, so that the first of them is now.
    const sinceStartMs = (sourceMs + recording.delayMs) / config.speed;
    return { timeMs: Math.round(this.#startedMs + sinceStartMs), below: config.speed === 1 ? below : 0 };
  }
}

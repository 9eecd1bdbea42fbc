import { setTimeout as delay } from 'node:timers/promises';
import type { MachineId } from '#domain/asset-path.ts';
import { RejectedError, messageOf } from '#platform/errors.ts';
import { hourLines, rolledLine, wholeMachine, type MachineHour } from './hour-rollup.ts';
import { bigintIn, rowsOf } from './influxql.ts';
import type { LineWriter } from './line-writer.ts';
import type { Retention } from './retention.ts';
import {
  HOUR_MS,
  HOUR_NS,
  firstUnrolled,
  hourBounds,
  isOutdated,
  readHours,
  revisionOf,
  type HourBook,
  type HourPorts,
  type RolledHours,
} from './rolled-hours.ts';
import type { SignalRegistry } from './signal-registry.ts';

const HOURS_PER_DAY = 24;
/** Older hours are not rolled up where nothing is forgotten. */
const MOST_HOURS = 400 * HOURS_PER_DAY;
/** InfluxDB takes no point that is older than its retention: the hours at its edge stay with their samples. */
const EDGE_HOURS = 2;
/** Looked at each time; all hours are once an hour. */
const RECENT_HOURS = 48;
const LOOK_EVERY_MS = 300_000;
/** Of the time at most this part is spent on it: InfluxDB has other work. */
const DUTY = 0.1;
/** So many hours in a row that fail: InfluxDB is away, or has too much to do. */
const MOST_FAILURES = 3;

export interface RollupPorts extends HourPorts {
  readonly registry: SignalRegistry;
  readonly writer: LineWriter;
  readonly database: string;
  readonly hours: HourBook;
  readonly retention: Pick<Retention, 'days'>;
}

export interface RollupRun {
  /** Part of the time that is spent on it; 1 = without rest. */
  readonly duty?: number;
  /** Instead of what the clocks say, ms. */
  readonly nowMs?: number;
}

/**
 * Works out one-minute rollups of closed hours, by what InfluxDB itself counts, and stores them beside the samples: one point for
 * each signal and hour, written once a revision. Several workers may do the same: they write the same.
 */
export class RollupMaker {
  readonly #ports: RollupPorts;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<unknown> = Promise.resolve();
  /** Days without a sample, by machine: how many marks of late samples they had when they were looked at. */
  readonly #empty = new Map<string, number>();
  /** Hours that failed: not before this time again. */
  readonly #failed = new Map<string, number>();
  #wholeUpTo = -Infinity;

  constructor(ports: RollupPorts) {
    this.#ports = ports;
  }

  /** Not all workers at once. What fails is tried again at a later look. */
  start(): void {
    this.#lookIn(LOOK_EVERY_MS * Math.random());
  }

  #lookIn(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#work = this.run({ duty: DUTY })
        .catch(() => undefined)
        .then(() => {
          if (!this.#stopped.signal.aborted) this.#lookIn(LOOK_EVERY_MS * (0.5 + Math.random()));
        });
    }, delayMs).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    await this.#work;
  }

  /** Answers how many hours of machines with samples it has rolled up. @throws the last error of an hour that failed */
  async run({ duty = 1, nowMs }: RollupRun = {}): Promise<number> {
    const { hours, registry } = this.#ports;
    if (nowMs !== undefined) hours.tell(nowMs);
    const end = firstUnrolled(nowMs ?? hours.earliestMs);
    const isWhole = nowMs !== undefined || end > this.#wholeUpTo;
    const work = new Work(duty, this.#stopped.signal);
    for (const { machine } of registry.machines())
      for await (const hour of this.#outdated(machine.id, [this.#begin(end, isWhole), end], work))
        if (await this.#isBuilt(hour, work)) work.built += 1;
    if (isWhole && !work.isOver) this.#wholeUpTo = end;
    if (work.failure !== undefined) throw work.failure;
    return work.built;
  }

  #begin(end: number, isWhole: boolean): number {
    const { days } = this.#ports.retention;
    const kept = days === 0 ? MOST_HOURS : Math.floor(days * HOURS_PER_DAY) - EDGE_HOURS;
    return Math.max(0, end - (isWhole ? kept : Math.min(kept, RECENT_HOURS)));
  }

  /** Hours that hold samples and have no rollup of their revision, the newest first. */
  async *#outdated(
    machine: MachineId,
    [begin, end]: readonly [number, number],
    work: Work,
  ): AsyncGenerator<MachineHour> {
    if (begin >= end) return;
    const known = await readHours(this.#ports, machine, [begin, end]);
    for (let to = end; to > begin;) {
      const from = Math.max(begin, Math.floor((to - 1) / HOURS_PER_DAY) * HOURS_PER_DAY);
      const hours = Array.from({ length: to - from }, (_, i) => to - 1 - i);
      const wanted = hours.filter((hour) => isOutdated(known, hour) && this.#mayTry(machine, hour));
      to = from;
      if (wanted.length === 0) continue;
      if (work.isOver) return;
      const held = await this.#held(machine, hours, known);
      await work.rest();
      if (held.size === 0) continue;
      const asHour = (hour: number): MachineHour => ({ machine, hour, revision: revisionOf(known, hour) });
      // An hour without samples is not asked for again, nor does it part a chart's range.
      const empty = wanted.filter((hour) => !held.has(hour)).map((hour) => rolledLine(asHour(hour), 0));
      await this.#write(empty);
      yield* wanted.filter((hour) => held.has(hour)).map(asHour);
    }
  }

  /** Of a day's hours, newest first, those with samples. A day without any is asked for again when late samples came. */
  async #held(machine: MachineId, hours: readonly number[], known: RolledHours): Promise<Set<number>> {
    const [last = 0] = hours;
    const first = hours.at(-1) ?? last;
    const key = `${machine} ${first} ${last}`;
    const marks = hours.reduce((sum, hour) => sum + revisionOf(known, hour), 0);
    if (this.#empty.get(key) === marks) return new Set();
    const counted = await this.#ports.query(
      `SELECT count("seq") AS "count" ${wholeMachine(machine)} AND ${hourBounds(first, last + 1)} GROUP BY time(1h) fill(none)`,
    );
    const held = new Set(rowsOf(counted.flat()).map((row) => Number(bigintIn(row['time']) / HOUR_NS)));
    if (held.size === 0) this.#empty.set(key, marks);
    return held;
  }

  #mayTry(machine: MachineId, hour: number): boolean {
    const untilMs = this.#failed.get(`${machine} ${hour}`);
    return untilMs === undefined || performance.now() >= untilMs;
  }

  /** One hour that InfluxDB cannot work out in time must not keep the others from being rolled up. */
  async #isBuilt(at: MachineHour, work: Work): Promise<boolean> {
    if (work.isOver) return false;
    try {
      await this.#build(at);
      work.failures = 0;
      return true;
    } catch (error) {
      work.failures += 1;
      work.failure = error instanceof Error ? error : new Error(messageOf(error));
      this.#failed.set(`${at.machine} ${at.hour}`, performance.now() + HOUR_MS);
      return false;
    } finally {
      await work.rest();
    }
  }

  async #build(at: MachineHour): Promise<void> {
    let signals = 0;
    for await (const lines of hourLines(this.#ports.query, at)) {
      await this.#write(lines);
      signals += lines.length;
    }
    // Only now they may be relied upon.
    await this.#write([rolledLine(at, signals)]);
  }

  async #write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const [refused] = await this.#ports.writer.write(this.#ports.database, lines);
    if (refused) throw new RejectedError('INFLUX_ROLLUP', `InfluxDB refuses a rollup: ${refused.reason}`);
  }
}

/** One run, and how much of the time it takes. */
class Work {
  built = 0;
  /** In a row. */
  failures = 0;
  failure: Error | undefined;
  readonly #duty: number;
  readonly #stopped: AbortSignal;
  #sinceMs = performance.now();

  constructor(duty: number, stopped: AbortSignal) {
    this.#duty = duty;
    this.#stopped = stopped;
  }

  get isOver(): boolean {
    return this.#stopped.aborted || this.failures >= MOST_FAILURES;
  }

  async rest(): Promise<void> {
    const restMs = (performance.now() - this.#sinceMs) * (1 / this.#duty - 1);
    if (restMs > 0) await delay(restMs, undefined, { signal: this.#stopped }).catch(() => undefined);
    this.#sinceMs = performance.now();
  }
}

import type { Logger } from '#platform/logger.ts';
import type { TickSink } from '../model/produced-tick.ts';
import type { PlantSimulation } from './plant-simulation.ts';

export interface PhysicsDriverOptions {
  readonly simulation: PlantSimulation;
  readonly sink: TickSink;
  readonly tickMs: number;
  /** Virtual seconds per second. */
  readonly speed: number;
  /** ms since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** Before each tick: scripts. */
  readonly beforeStep?: (simulation: PlantSimulation) => void;
}

const TIMER_MS = 20;
/** A process that slept longer than this does not catch up: it says so and goes on from now. */
const MAX_BEHIND_MS = 10_000;

/** Binds the virtual clock to the wall clock: steps as many ticks as have become due. */
export class PhysicsDriver {
  readonly #options: PhysicsDriverOptions;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #firstMs = 0;
  /** Virtual milliseconds that were left out because the process could not keep up. */
  skippedMs = 0;
  #simulation: PlantSimulation;

  constructor(options: PhysicsDriverOptions) {
    this.#options = options;
    this.#simulation = options.simulation;
  }

  start(): void {
    if (this.#timer) return;
    const { tickMs, speed, now } = this.#options;
    const simulation = this.#simulation;
    // Servers take seconds to come up: virtual time begins with the first tick, not with the first server.
    simulation.startAt(now());
    this.#startedAt = performance.now();
    this.#firstMs = simulation.timeMs;
    this.#timer = setInterval(() => this.#advance(), Math.max(TIMER_MS, Math.min(tickMs / speed, 100)));
  }

  get simulation(): PlantSimulation {
    return this.#simulation;
  }

  /** Goes on with another plant from the same instant: a reset. */
  replace(simulation: PlantSimulation): void {
    simulation.startAt(this.#simulation.timeMs);
    this.#simulation = simulation;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #advance(): void {
    const { sink, tickMs, speed, log, beforeStep } = this.#options;
    const simulation = this.#simulation;
    const due = this.#firstMs + (performance.now() - this.#startedAt) * speed;
    const behindMs = due - simulation.timeMs;
    if (behindMs > MAX_BEHIND_MS * speed) {
      const skippedMs = Math.floor(behindMs / tickMs) * tickMs;
      this.skippedMs += skippedMs;
      simulation.timeMs += skippedMs;
      log.warn({ skippedMs }, 'the simulators could not keep up: virtual time was skipped');
    }
    while (simulation.timeMs + tickMs <= due) {
      beforeStep?.(simulation);
      simulation.step(sink);
    }
  }
}

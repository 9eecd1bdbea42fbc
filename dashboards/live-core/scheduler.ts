import type { CoreClock } from './clock.ts';

/** Text changes four times a second at most: what changes faster cannot be read. */
export const TEXT_EVERY_MS = 250;
/** Trends are repainted ten times a second at most, a third of them at a time. */
export const TREND_EVERY_MS = 100;
const TREND_PHASES = 3;
/** A turn comes every 33 ms: after so long without one the page has something else to do. */
const LATE_MS = 100;
/** So many texts at once, the others at the next turns: hundreds of them in one frame would hold up whoever touches the page. */
export const TEXTS_AT_ONCE = 250;

export interface Painter {
  paint(): void;
}

export interface SchedulerOptions {
  readonly clock: CoreClock;
  /** Nothing is painted while the page is hidden; what changed meanwhile is painted when it returns. */
  readonly hidden: () => boolean;
  /** Told how long a round of painting took, ms. */
  readonly onPainted?: (ms: number) => void;
}

/**
 * Decides when what changed is painted: painting is the cost, not arithmetic. Painters mark themselves dirty when
 * data arrive; nothing is painted that did not change.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #texts = new Set<Painter>();
  /** Of the present text round, still to be painted. */
  readonly #due = new Set<Painter>();
  readonly #trends: readonly Set<Painter>[] = Array.from({ length: TREND_PHASES }, () => new Set<Painter>());
  readonly #phases = new WeakMap<Painter, number>();
  readonly #every = new Set<Painter>();
  #nextPhase = 0;
  #round = 0;
  #nextTextMs = 0;
  #tickedMs = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#cancel) this.#tick();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /**
   * Values came. A page that is kept busy by something else gets few turns: what came is painted in the one that it got, instead
   * of waiting for the next, which is as far away again.
   */
  arrived(): void {
    if (!this.#cancel || !this.#isLate()) return;
    this.#cancel();
    this.#tick();
  }

  #isLate(): boolean {
    return this.#options.clock.monotonic() - this.#tickedMs > LATE_MS;
  }

  /** At the next text round (4 Hz). */
  text(painter: Painter): void {
    this.#texts.add(painter);
  }

  /** At this painter's next turn (10 Hz at most). */
  trend(painter: Painter): void {
    let phase = this.#phases.get(painter);
    if (phase === undefined) {
      phase = this.#nextPhase++ % TREND_PHASES;
      this.#phases.set(painter, phase);
    }
    this.#trends[phase]?.add(painter);
  }

  /** At every text round until the returned end is called: ages and clocks. */
  everyText(painter: Painter): () => void {
    this.#every.add(painter);
    return () => this.#every.delete(painter);
  }

  /** A painter that is gone must not be painted. */
  forget(painter: Painter): void {
    this.#texts.delete(painter);
    this.#due.delete(painter);
    for (const phase of this.#trends) phase.delete(painter);
  }

  #tick(): void {
    const { clock, hidden, onPainted } = this.#options;
    if (!hidden()) {
      const begin = clock.monotonic();
      const isLate = this.#isLate();
      let painted = drain(this.#trends[this.#round % TREND_PHASES]);
      this.#round += 1;
      if (isLate || begin >= this.#nextTextMs) {
        this.#nextTextMs = begin + TEXT_EVERY_MS;
        for (const painter of this.#texts) this.#due.add(painter);
        this.#texts.clear();
        for (const painter of this.#every) painter.paint();
      }
      painted += drain(this.#due, isLate ? Infinity : TEXTS_AT_ONCE);
      if (painted > 0) onPainted?.(clock.monotonic() - begin);
    }
    this.#tickedMs = clock.monotonic();
    this.#cancel = clock.after(TREND_EVERY_MS / TREND_PHASES, () => this.#tick());
  }
}

function drain(dirty: Set<Painter> | undefined, most = Infinity): number {
  if (!dirty || dirty.size === 0) return 0;
  const painters = [...dirty].slice(0, most);
  for (const painter of painters) dirty.delete(painter);
  for (const painter of painters) painter.paint();
  return painters.length;
}

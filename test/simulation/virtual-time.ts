import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '#platform/clock.ts';

/** One simulated process: when it is dead, none of its timers fires any more. */
export interface SimulatedProcess {
  readonly name: string;
  isDead: boolean;
}

interface Timer {
  atMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly owner: SimulatedProcess | undefined;
  readonly everyMs: number | undefined;
  isCleared: boolean;
}

/** What `setTimeout` answers: enough of Node's own for whoever unrefs it. */
class Handle {
  readonly timer: Timer;

  constructor(timer: Timer) {
    this.timer = timer;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

const REAL = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  now: Date.now,
  performanceNow: performance.now.bind(performance),
  random: Math.random,
};

const owners = new AsyncLocalStorage<SimulatedProcess>();

/** 2026-11-22 06:00 UTC. */
const START_MS = 1_795_327_200_000;

/**
 * Time that only passes when everything has been done that can be done without it. Takes the place of the timers, the clocks and
 * the random numbers of the whole process while it is installed, so that one seed is one course of events.
 */
export class VirtualTime {
  readonly #heap: Timer[] = [];
  readonly #random: () => number;
  #order = 0;
  #elapsedMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** ms since the simulation began. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get nowMs(): number {
    return START_MS + this.#elapsedMs;
  }

  /** A clock that may stand wrong. */
  clock(skew: { offsetMs: number }): Clock {
    return { now: () => Math.floor(this.nowMs + skew.offsetMs), monotonic: () => this.#elapsedMs };
  }

  install(): void {
    const set = (run: () => void, ms: number | undefined, everyMs?: number): Handle =>
      this.#add(run, Math.max(0, ms ?? 0), everyMs);
    const clear = (handle: unknown): void => {
      if (handle instanceof Handle) handle.timer.isCleared = true;
    };
    Object.assign(globalThis, {
      setTimeout: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        set(() => run(...args), ms),
      setInterval: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        set(() => run(...args), ms, Math.max(1, ms ?? 1)),
      setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) => set(() => run(...args), 0),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    });
    Date.now = () => Math.floor(this.nowMs);
    performance.now = () => this.#elapsedMs;
    Math.random = this.#random;
  }

  uninstall(): void {
    const {
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      setImmediate,
      now,
      performanceNow,
      random,
    } = REAL;
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate });
    Date.now = now;
    performance.now = performanceNow;
    Math.random = random;
  }

  /** Runs `work` as something that `owner` does: its timers die with it. */
  as<T>(owner: SimulatedProcess, work: () => T): T {
    return owners.run(owner, work);
  }

  /** Runs once after `ms`, whoever lives by then. */
  after(ms: number, run: () => void): void {
    owners.exit(() => this.#add(run, ms));
  }

  /** Lets time pass until `ends` says so; false when `boundMs` of virtual time are over. */
  async pass(boundMs: number, ends: () => boolean = () => false): Promise<boolean> {
    const endMs = this.#elapsedMs + boundMs;
    for (;;) {
      await new Promise((resolve) => REAL.setImmediate(resolve));
      if (ends()) return true;
      const next = this.#heap[0];
      if (!next || next.atMs > endMs) {
        this.#elapsedMs = endMs;
        return false;
      }
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      this.#fire(this.#pop());
    }
  }

  #fire(timer: Timer | undefined): void {
    if (!timer || timer.isCleared || timer.owner?.isDead) return;
    if (timer.everyMs !== undefined) {
      timer.atMs += timer.everyMs;
      this.#push(timer);
    }
    if (timer.owner) owners.run(timer.owner, timer.run);
    else timer.run();
  }

  #add(run: () => void, ms: number, everyMs?: number): Handle {
    this.#order += 1;
    const owner = owners.getStore();
    const timer = { atMs: this.#elapsedMs + ms, order: this.#order, run, owner, everyMs, isCleared: false };
    this.#push(timer);
    return new Handle(timer);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(timer, heap[parent])) break;
      heap[at] = heap[parent] ?? timer;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child] ?? last;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (!a || !b) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

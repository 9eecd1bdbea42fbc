import { existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  lostUndeclared,
  verifyStore,
  type SignalFinding,
  type Verification,
} from '../verify/verify-store.ts';
import type { Fault, FaultContext, Random } from './fault.ts';
import { latestTimes, until, untilFresh } from './freshness.ts';
import { COMPONENTS, type PlantStack } from './plant-stack.ts';

/** Until every signal had new values. */
export interface Recovery {
  readonly ms: number;
  /** Who was killed, when the plant was whole before. */
  readonly killed?: readonly string[] | undefined;
}

/** What one run of one fault has come to. */
export interface FaultOutcome {
  readonly fault: string;
  readonly produced: number;
  readonly stored: number;
  /** Missing and covered by gap records, drop records or dead letters. */
  readonly declared: number;
  readonly lostUndeclared: number;
  readonly doubled: number;
  /** Altered, or stored though never produced. */
  readonly wrong: number;
  readonly reordered: number;
  /** From the end of the fault (a kill: from the kill); the longest of the run. */
  readonly recoveryMs: number;
  /** Each of them. */
  readonly recoveries: readonly Recovery[];
  /** `kill -9`s by component. */
  readonly kills: Readonly<Record<string, number>>;
  /** From then until everything up to then was stored. */
  readonly drainMs: number;
  /** How much faster than they were produced the samples of a backlog were stored; absent where there was none. */
  readonly drainRate?: number | undefined;
  readonly silent: readonly string[];
  /** Why it is not as expected; empty = it is. */
  readonly failures: readonly string[];
  readonly findings: readonly SignalFinding[];
}

const FIRST_VALUES_MS = 60_000;
const RECOVERY_BOUND_MS = 60_000;
const DRAIN_BOUND_MS = 60_000;
const LEAST_DRAIN_RATE = 5;
const CALM_MS = 300;

/** What was declared by drops and dead letters before the run, so that only what it adds counts. */
interface Books {
  readonly drops: number;
  readonly rejected: number;
}

interface RunEnd {
  readonly recoveries: readonly Recovery[];
  readonly kills: Readonly<Record<string, number>>;
  readonly drainMs: number;
  readonly drainRate: number | undefined;
  readonly silent: readonly string[];
  readonly drained: boolean;
}

/** Runs faults on one plant, one after the other, and holds each against the ledger. */
export class FaultRunner {
  readonly #stack: PlantStack;
  #signals: readonly string[] = [];
  #books: Books = { drops: 0, rejected: 0 };

  constructor(stack: PlantStack) {
    this.#stack = stack;
  }

  /** Waits for the plant to be whole for the first time. */
  async prepare(): Promise<void> {
    const count = this.#stack.countingSignals;
    const isWhole = await until(
      async () => (await latestTimes(this.#stack.url))?.size === count,
      FIRST_VALUES_MS,
    );
    if (!isWhole)
      throw new Error(
        `the plant did not come up: ${(await latestTimes(this.#stack.url))?.size} of ${count} signals`,
      );
    this.#signals = [...((await latestTimes(this.#stack.url)) ?? new Map<string, string>()).keys()];
    await untilFresh(this.#stack.url, this.#signals, FIRST_VALUES_MS);
  }

  async run(fault: Fault, random: Random): Promise<FaultOutcome> {
    const recoveries: Recovery[] = [];
    const killsBefore = { ...this.#stack.kills };
    const stayedSilent = new Set<string>();
    const context: FaultContext = {
      stack: this.#stack,
      random,
      between: (from, to) => from + Math.floor(random() * (to - from + 1)),
      wait: (ms) => delay(ms),
      recovered: async (sinceMs, killed) => {
        const bound = fault.recoveryBoundMs ?? RECOVERY_BOUND_MS;
        const { silent } = await untilFresh(this.#stack.url, this.#signals, bound);
        recoveries.push({ ms: performance.now() - sinceMs, killed });
        for (const signal of silent) stayedSilent.add(signal);
      },
    };
    const fromMs = Date.now();
    await delay(CALM_MS + random() * 700);
    const harmedMs = performance.now();
    await fault.inject(context);
    const endsMs = performance.now();
    const killed = await fault.heal(context);
    const healedMs = performance.now();
    await context.recovered(endsMs, killed ?? undefined);
    const toMs = Date.now();
    const aliveMs = performance.now();
    const drained = await until(() => this.#isDrained(toMs), DRAIN_BOUND_MS);
    const drainedMs = performance.now();
    const drainRate = fault.isBacklog ? (drainedMs - harmedMs) / (drainedMs - healedMs) : undefined;
    const verification = await this.#verify(fromMs, toMs);
    const kills = Object.fromEntries(
      COMPONENTS.map((one) => [one, this.#stack.kills[one] - killsBefore[one]]).filter(([, n]) => n !== 0),
    ) as Record<string, number>;
    const drainMs = drainedMs - aliveMs;
    const end = { recoveries, kills, drainMs, drainRate, silent: [...stayedSilent], drained };
    const outcome = this.#judge(fault, verification, end);
    const more = (await fault.judge?.(context, verification.findings)) ?? [];
    return { ...outcome, failures: [...outcome.failures, ...more] };
  }

  /** All that the stream which records come of has sent up to now is there, without a hole. */
  async #isDrained(toMs: number): Promise<boolean> {
    const times = await latestTimes(this.#stack.url);
    if (!times || [...times.values()].some((time) => Date.parse(time) < toMs)) return false;
    if (this.#stack.influx) return await this.#stack.influx.isWithoutHole().catch(() => false);
    const db = new DatabaseSync(path.join(this.#stack.historianDir, 'historian.sqlite'), { readOnly: true });
    try {
      const newest = 'SELECT stream_no FROM log ORDER BY id DESC LIMIT 1';
      const sql = `SELECT count(*) AS n FROM received WHERE stream_no = (${newest})`;
      return Number(db.prepare(sql).get()?.['n']) === 1;
    } catch {
      return false; // busy
    } finally {
      db.close();
    }
  }

  /** Twice where something is missing: what is under way gets its time. */
  async #verify(fromMs: number, toMs: number): Promise<Verification> {
    // One that was killed while it started may have left none.
    const ledgers = this.#stack.ledgers.filter((file) => existsSync(file));
    const store = this.#stack.influx?.address ?? this.#stack.historianDir;
    const options = { ledgers, store, fromMs, toMs };
    const first = await verifyStore(options);
    if (first.total.missing === 0) return first;
    await delay(3_000);
    return verifyStore(options);
  }

  #judge(fault: Fault, verification: Verification, end: RunEnd): FaultOutcome {
    const { total, findings, declaredByDrops, rejected } = verification;
    const before = this.#books;
    this.#books = { drops: declaredByDrops, rejected };
    const news = {
      ...verification,
      declaredByDrops: declaredByDrops - before.drops,
      rejected: rejected - before.rejected,
    };
    const lost = lostUndeclared(news);
    const wrong = total.altered + total.undeclared;
    const failures: string[] = [];
    const expect = (holds: boolean, what: string): void => void (holds || failures.push(what));
    expect(lost === 0, `${lost} lost undeclared`);
    expect(total.doubled === 0, `${total.doubled} doubled`);
    expect(wrong === 0, `${total.altered} altered, ${total.undeclared} never produced`);
    expect(total.moved === 0, `${total.moved} reordered`);
    expect(end.silent.length === 0, `${end.silent.length} signals stayed silent`);
    expect(end.drained, 'the backlog did not drain');
    const declared = total.declared + total.missing - lost;
    if (end.drainRate !== undefined)
      expect(end.drainRate >= LEAST_DRAIN_RATE, `drained at ${end.drainRate.toFixed(1)} x real time only`);
    if (fault.expected === 'everything') expect(declared === 0, `${declared} missing, though declared`);
    if (fault.expected === 'gaps')
      expect(total.missing === 0, `${total.missing} missing outside the gap records`);
    return {
      fault: fault.name,
      produced: total.produced,
      stored: total.produced - total.missing - total.declared,
      declared,
      lostUndeclared: lost,
      doubled: total.doubled,
      wrong,
      reordered: total.moved,
      recoveryMs: Math.max(...end.recoveries.map(({ ms }) => ms)),
      recoveries: end.recoveries,
      kills: end.kills,
      drainMs: end.drainMs,
      drainRate: end.drainRate,
      silent: end.silent,
      failures,
      findings,
    };
  }
}

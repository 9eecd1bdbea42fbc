import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleFlag } from '#domain/sample.ts';
import { Bench, oneTo, until, type RunningAgent } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});

afterEach(() => bench.stop());

const SIGNALS = 800;
const MIB = 1024 * 1024;
const FAST = { signals: SIGNALS, intervalMs: 0 };

/** Fills a journal while no store is there, then lets it drain; answers what the store's books say. */
async function fillAndDrain(whenFull: 'drop-oldest' | 'thin', groups: number): Promise<RunningAgent> {
  const running = await bench.startAgent({
    ...FAST,
    journal: { whenFull, maxBytes: 4 * MIB, segmentBytes: 256 * 1024 },
  });
  await until(`${groups} groups`, () => running.source.count >= groups, 60_000);
  await running.source.stop();
  expect(running.agent.journal.stats().bytes).toBeLessThanOrEqual(4 * MIB + 256 * 1024);
  await bench.startIngest();
  await bench.delivered(running, 60_000);
  await untilBalanced(running);
  return running;
}

const untilBalanced = (running: RunningAgent): Promise<void> =>
  bench.untilBooks(
    'balanced',
    ({ unexplained, inFlight, cut }) =>
      unexplained === 0 && inFlight === 0 && (cut?.produced ?? 0) === groupsOf(running),
  );

const groupsOf = ({ source }: RunningAgent): number => source.count * SIGNALS;

describe('a journal that is full while no store is there', () => {
  it('gives up the oldest, and every sample is stored or declared', async () => {
    const running = await fillAndDrain('drop-oldest', 450);
    const { stored, declaredLost } = await bench.books();
    expect(stored + declaredLost).toBe(groupsOf(running));
    expect(declaredLost).toBeGreaterThan(0);
    const counts = await bench.counts(3);
    expect(counts).toEqual(oneTo(running.source.count).slice(-counts.length));
  });

  it('thins the oldest: first to last is there, the newest in full, and the latest value is the newest', async () => {
    const running = await fillAndDrain('thin', 550);
    const { stored, declaredLost } = await bench.books();
    expect(stored + declaredLost).toBe(groupsOf(running));
    const counts = await bench.counts(3);
    expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
    expect([counts[0], counts.at(-1)]).toEqual([1, running.source.count]);
    const samples = await bench.store.samples(
      'brest/pump-01/Group/Signal3',
      { from: 0n, to: 2n ** 62n },
      100_000,
    );
    const whole = samples.filter(({ flags }) => (flags & SampleFlag.historical) === 0);
    expect(whole.map(({ value }) => value)).toEqual(oneTo(running.source.count).slice(-whole.length));
    expect(whole.length).toBeLessThan(samples.length);
    expect(bench.store.latest().every(({ value }) => value === running.source.count)).toBe(true);
  });

  it('thins what is not under way, also while it drains: nothing is both stored and declared', async () => {
    const running = await bench.startAgent({
      ...FAST,
      journal: { whenFull: 'thin', maxBytes: 4 * MIB, segmentBytes: 256 * 1024 },
    });
    await until('300 groups', () => running.source.count >= 300, 60_000);
    await bench.startIngest();
    await until('900 groups', () => running.source.count >= 900, 60_000);
    await bench.drain(running, 60_000);
    await untilBalanced(running);
    const counts = await bench.counts(3);
    expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
  });

  it('blocks, loses nothing, and keeps no more in memory than its bounds', { timeout: 120_000 }, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const usedBytes = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const running = await bench.startAgent({
      ...FAST,
      journal: { whenFull: 'block', maxBytes: 12 * MIB, segmentBytes: MIB, cacheBytes: MIB },
    });
    await until('2 MiB', () => running.agent.journal.stats().bytes > 2 * MIB, 60_000);
    const before = usedBytes();
    await until('full', () => running.agent.journal.stats().problem !== undefined, 60_000);
    const { bytes, pendingBytes } = running.agent.journal.stats();
    expect(bytes).toBeGreaterThan(10 * MIB);
    expect(pendingBytes).toBeLessThan(MIB);
    // What is garbage goes some turns after it was found to be; what is kept stays.
    await expect.poll(() => usedBytes() - before, { timeout: 10_000 }).toBeLessThan(5 * MIB);
    const blockedAt = running.source.count;
    await bench.startIngest();
    await until('reading again', () => running.source.count > blockedAt + 50, 60_000);
    await bench.drain(running, 60_000);
    await bench.untilBooks('balanced', ({ unexplained, inFlight }) => unexplained === 0 && inFlight === 0);
    expect(await bench.books()).toMatchObject({ stored: groupsOf(running), declaredLost: 0 });
    expect(await bench.counts(7)).toEqual(oneTo(running.source.count));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollisionFreeTimes } from './collision-free-times.ts';

function assign(times: readonly bigint[], signals: readonly number[] = times.map(() => 1)): bigint[] {
  const column = BigInt64Array.from(times);
  new CollisionFreeTimes().assign(Int32Array.from(signals), column, times.length);
  return [...column];
}

describe('collision-free times', () => {
  it('leaves times that only grow as they are', () => {
    expect(assign([100n, 200n, 250n, 1_700_000_000_000_000_000n])).toEqual([
      100n,
      200n,
      250n,
      1_700_000_000_000_000_000n,
    ]);
  });

  it('gives the same time another digit below 100 ns, each signal for itself', () => {
    expect(assign([500n, 500n, 500n], [1, 1, 2])).toEqual([500n, 501n, 500n]);
  });

  it('keeps a step back where it is', () => {
    expect(assign([300n, 100n, 100n, 400n])).toEqual([300n, 101n, 102n, 400n]);
  });

  it('works before 1970', () => {
    expect(assign([-500n, -500n, -700n])).toEqual([-500n, -499n, -699n]);
  });

  it('spills into the next tick from the hundredth sample of one tick on', () => {
    const times = assign(Array.from({ length: 102 }, () => 1_000n));
    expect(times.slice(0, 2)).toEqual([1_000n, 1_001n]);
    expect(times.slice(-3)).toEqual([1_099n, 1_101n, 1_102n]);
  });

  it('never gives a signal one time twice, and moves none by 100 ns without need', () => {
    const tick = fc.integer({ min: -20, max: 20 }).map((n) => BigInt(n) * 100n);
    fc.assert(
      fc.property(fc.array(fc.tuple(tick, fc.integer({ min: 1, max: 3 })), { maxLength: 200 }), (rows) => {
        const given = rows.map(([time]) => time);
        const signals = rows.map(([, signal]) => signal);
        const unique = assign(given, signals);
        const seen = new Set(unique.map((time, i) => `${signals[i]} ${time}`));
        expect(seen.size).toBe(rows.length);
        unique.forEach((time, i) => {
          const repeats = rows.filter(([one, signal]) => one === given[i] && signal === signals[i]).length;
          if (repeats < 50) expect(time - (given[i] ?? 0n)).toBeLessThan(100n);
          expect(time).toBeGreaterThanOrEqual(given[i] ?? 0n);
        });
      }),
    );
  });
});

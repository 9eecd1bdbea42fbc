import { describe, expect, test } from 'vitest';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { Feed } from './feed.ts';
import { joinColumns, type FrameColumns } from './frame-columns.ts';
import { LiveValues } from './live-values.ts';
import { Subscription, type Turn } from './subscription.ts';

const TOLERANCE_MS = 12.5;

/** A hub with one feed of one signal, moved by hand. */
class Bench {
  readonly values = new LiveValues();
  readonly feed: Feed;
  now = 0;

  constructor(rateHz: number, mode: 'last' | 'minmax' = 'minmax') {
    this.values.reserve(2);
    this.feed = new Feed({ mode, rateHz, signals: Int32Array.of(1, 2) }, this.values.tick, this.now);
  }

  subscribe(number: number): Subscription {
    return new Subscription(number, ['*'], this.feed, []);
  }

  store(value: number): void {
    const batch = createSampleBatch(1);
    batch.signal[0] = 1;
    setValue(batch, 0, value);
    batch.count = 1;
    this.values.apply(batch, this.now);
  }

  /** As the hub does between two turns. */
  between(): Turn {
    this.feed.collect(this.values);
    this.values.nextTick();
    return this.#turnNow();
  }

  #turnNow(): Turn {
    const { values, now } = this;
    const completeTick = values.tick - 1;
    return { values, serverMs: 0, monotonicMs: now, toleranceMs: TOLERANCE_MS, completeTick };
  }

  /** One turn of 25 ms; `deliver` is called with the turn. */
  turn(deliver: (turn: Turn) => void): void {
    this.now += 25;
    this.feed.collect(this.values);
    this.feed.beginTurn(this.now, TOLERANCE_MS);
    this.values.nextTick();
    const turn = this.#turnNow();
    deliver(turn);
    this.feed.endTurn(turn.completeTick, this.now, TOLERANCE_MS);
  }
}

const text = (columns: FrameColumns | undefined): string | undefined =>
  columns && columns.count > 0 ? `${columns.v} ${columns.lo}..${columns.hi}` : undefined;

describe('a feed', () => {
  test('emits at its rate, whatever the turns', () => {
    const bench = new Bench(10);
    const subscription = bench.subscribe(1);
    subscription.take(bench.between());
    const emitted: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      bench.store(i);
      bench.turn((turn) => {
        if (text(subscription.take(turn)) !== undefined) emitted.push(bench.now);
      });
    }
    expect(emitted).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
  });

  test('encodes once for all who share it', () => {
    const bench = new Bench(40);
    const one = bench.subscribe(1);
    const two = bench.subscribe(2);
    one.take(bench.between());
    two.take(bench.between());
    for (const value of [1, 2]) {
      bench.store(value);
      const taken: unknown[] = [];
      bench.turn((turn) => taken.push(one.take(turn), two.take(turn)));
      // The first emission after a snapshot leaves out what the snapshot had, so it is one's own.
      if (value === 2) expect(taken[0]).toBe(taken[1]);
    }
  });

  test('does not repeat what a snapshot between two turns had', () => {
    const bench = new Bench(40);
    const [early, late] = [bench.subscribe(1), bench.subscribe(2)];
    early.take(bench.between());
    bench.store(1);
    expect(text(late.take(bench.between()))).toBe('1 undefined..undefined');
    bench.turn((turn) => {
      expect(text(early.take(turn))).toBe('1 1..1');
      expect(text(late.take(turn))).toBeUndefined();
    });
  });

  test('who misses emissions gets last, least and greatest at once, and the same as the others afterwards', () => {
    const bench = new Bench(40);
    const [fast, slow] = [bench.subscribe(1), bench.subscribe(2)];
    for (const subscription of [fast, slow]) subscription.take(bench.between());
    const seen: (string | undefined)[] = [];
    for (const value of [5, 70, -9, 6]) {
      bench.store(value);
      bench.turn((turn) => {
        seen.push(text(fast.take(turn)));
        slow.miss();
      });
    }
    expect(seen).toEqual(['5 5..5', '70 70..70', '-9 -9..-9', '6 6..6']);
    bench.store(7);
    expect(slow.waiting).toBe(true);
    expect(text(slow.take(bench.between()))).toBe('7 -9..70');
    bench.turn((turn) => {
      expect(text(fast.take(turn))).toBe('7 7..7');
      expect(text(slow.take(turn))).toBeUndefined();
    });
    bench.store(8);
    bench.turn((turn) => {
      expect(text(slow.take(turn))).toBe(text(fast.take(turn)));
    });
  });

  test('a value that comes between the catch-up and the next turn is not missed', () => {
    const bench = new Bench(40);
    const slow = bench.subscribe(1);
    slow.take(bench.between());
    bench.store(1);
    bench.turn(() => slow.miss());
    expect(text(slow.take(bench.between()))).toBe('1 1..1');
    bench.store(2);
    bench.turn((turn) => {
      expect(text(slow.take(turn))).toBe('2 2..2');
    });
  });
});

describe('joinColumns', () => {
  const part = (extra: Partial<FrameColumns>): FrameColumns => ({
    count: 1,
    i: '1',
    v: '2',
    d: '3',
    q: undefined,
    lo: undefined,
    hi: undefined,
    ...extra,
  });

  test('fills the optional columns that another part has', () => {
    const joined = joinColumns([
      part({ count: 2, i: '1,2', v: '0,0', d: '0,0' }),
      part({ q: '7', lo: '4', hi: '5' }),
    ]);
    expect(JSON.parse(`{${joined}}`)).toEqual({
      i: [1, 2, 1],
      v: [0, 0, 2],
      d: [0, 0, 3],
      q: [0, 0, 7],
      lo: [null, null, 4],
      hi: [null, null, 5],
    });
  });

  test('an empty frame has empty columns', () => {
    expect(joinColumns([part({ count: 0, i: '', v: '', d: '' })])).toBe('"i":[],"v":[],"d":[]');
  });
});

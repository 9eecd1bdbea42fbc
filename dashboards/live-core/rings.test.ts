import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketRing } from './bucket-ring.ts';
import { SampleRing } from './sample-ring.ts';

const contents = (ring: SampleRing): number[] => {
  const times: number[] = [];
  ring.forEach((time) => times.push(time));
  return times;
};

describe('SampleRing', () => {
  it('keeps the newest samples, in order, in its fixed room', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 60 }), (times) => {
        const ring = new SampleRing(8);
        const taken: number[] = [];
        for (const time of times) if (ring.push(time, time)) taken.push(time);
        expect(contents(ring)).toEqual(taken.slice(-8));
        expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
      }),
    );
  });

  it('drops through a time, and goes on', () => {
    const ring = new SampleRing(4);
    for (const time of [1, 2, 3, 4, 5]) ring.push(time, time);
    ring.dropThrough(3);
    ring.push(6, 6);
    expect(contents(ring)).toEqual([4, 5, 6]);
  });
});

describe('BucketRing', () => {
  it('keeps least, greatest and last of each bucket, whatever is told twice', () => {
    const ring = new BucketRing(1_000, 4);
    ring.add(10_100, 5, 5, 5);
    ring.add(10_900, 2, 9, 7);
    ring.add(11_500, 1, 1, 1);
    ring.add(10_900, 2, 9, 7);
    expect(ring.at(10)).toEqual({ lo: 2, hi: 9, last: 7 });
    expect(ring.extent()).toEqual({ lo: 1, hi: 9 });
  });

  it('forgets what left the window, also after a pause longer than the window', () => {
    const ring = new BucketRing(1_000, 4);
    ring.add(10_000, 100, 100, 100);
    ring.add(13_000, 1, 1, 1);
    ring.add(14_000, 2, 2, 2);
    expect(ring.at(10).last).toBeNaN();
    expect(ring.extent()).toEqual({ lo: 1, hi: 2 });
    ring.add(90_000, 3, 3, 3);
    expect(ring.extent()).toEqual({ lo: 3, hi: 3 });
    ring.add(10_000, -5, -5, -5);
    expect(ring.extent()).toEqual({ lo: 3, hi: 3 });
  });

  it('counts history that arrives late as a change', () => {
    const ring = new BucketRing(1_000, 10);
    ring.add(20_000, 1, 1, 1);
    const before = ring.version;
    ring.add(15_000, 1, 1, 1);
    expect(ring.version).toBe(before + 1);
  });
});

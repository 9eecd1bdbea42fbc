import { describe, expect, it } from 'vitest';
import { Trail, placesOf } from './trail.ts';

const BOX = { x: 0, y: 0, w: 100, h: 50 };

describe('Trail', () => {
  it('fills its box at one scale both ways, north upwards', () => {
    const trail = new Trail();
    trail.add({ x: 10, y: 0 });
    trail.add({ x: 20, y: 10 });
    expect(trail.within(BOX).points).toBe('25.0,50.0 75.0,0.0');
    expect(trail.within(BOX).now).toEqual({ x: 75, y: 0 });
  });

  it('shows what stands still as a dot in the middle, and nothing before it is known where', () => {
    const trail = new Trail();
    expect(trail.within(BOX)).toEqual({ points: '', now: undefined });
    for (const x of [3, 3.02, 3]) trail.add({ x, y: 7 });
    const { now } = trail.within(BOX);
    expect(Math.abs((now?.x ?? NaN) - 50)).toBeLessThan(1);
    expect(now?.y).toBe(25);
  });

  it('keeps a bounded way, the newest of it, with the past before it', () => {
    const trail = new Trail();
    for (let x = 1; x <= 5_000; x += 1) trail.add({ x, y: 0 });
    expect(trail.within(BOX).points.split(' ').length).toBe(800);
    const young = new Trail();
    young.add({ x: 2, y: 0 });
    young.before([{ x: 0, y: 0 }]);
    expect(young.within(BOX).points).toBe('25.0,25.0 75.0,25.0');
  });
});

describe('placesOf', () => {
  const series = (t: readonly number[], value: readonly number[]) => ({
    signal: '',
    mode: 'raw' as const,
    count: t.length,
    columns: { t: Float64Array.from(t), value: Float64Array.from(value) },
  });

  it('puts two signals together that were told at different times', () => {
    expect(placesOf({ series: [series([0, 10], [0, 10]), series([5, 10], [4, 8])] })).toEqual([
      { x: 5, y: 4 },
      { x: 10, y: 8 },
    ]);
  });

  it('knows no place while one of the two is unknown', () => {
    expect(placesOf({ series: [series([0, 1], [1, 2]), series([], [])] })).toEqual([]);
    expect(placesOf({ series: [] })).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BucketRing } from '../live-core/bucket-ring.ts';
import type { TrendGap } from '../live-core/trend-series.ts';
import { Sparkline } from './sparkline.ts';
import type { SmallCanvas } from './small-canvas.ts';

const COLOURS = { band: '', line: '', ink: '', ink2: '', grid: '', panel: '' } as never;

/** What a sparkline draws: runs of joined buckets, and whether there is a dot at the end. */
function drawn(ring: BucketRing, options: { gaps?: readonly TrendGap[]; deadMs?: number; held?: number }) {
  const runs: number[][] = [];
  let dot = false;
  const context = {
    beginPath() {},
    stroke() {},
    fill() {},
    fillRect() {},
    moveTo: (x: number) => runs.push([Math.round(x)]),
    lineTo: (x: number) => runs.at(-1)?.push(Math.round(x)),
    arc: () => (dot = true),
  };
  const canvas = { begin: () => context, width: ring.count + 3, height: 20 } as unknown as SmallCanvas;
  new Sparkline({
    canvas,
    ring,
    now: () => ring.widthMs * (ring.count + 0.5),
    palette: () => COLOURS,
    held: () => options.held,
    gaps: () => options.gaps ?? [],
    deadSince: () => options.deadMs,
    minimumSpan: 1,
  }).repaint();
  return { runs: runs.map((run) => [run[0], run.at(-1)]), dot };
}

function ringOf(samples: readonly (readonly [second: number, value: number])[]): BucketRing {
  const ring = new BucketRing(1_000, 20);
  for (const [second, value] of samples)
    if (Number.isNaN(value)) ring.break(second * 1_000);
    else ring.add(second * 1_000, value, value, value);
  return ring;
}

describe('a sparkline', () => {
  beforeAll(() => {
    vi.stubGlobal('document', {});
    vi.stubGlobal('getComputedStyle', () => ({ fontSize: '16px' }));
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  it('lets a value hold until now', () => {
    expect(drawn(ringOf([[5, 1]]), {})).toEqual({ runs: [[5, 20]], dot: true });
  });

  it('draws nothing through a declared gap, and goes on behind it', () => {
    const gaps = [{ fromMs: 8_000, toMs: 12_000, cause: 'connection-lost' }];
    expect(drawn(ringOf([[5, 1]]), { gaps }).runs).toEqual([
      [5, 7],
      [12, 20],
    ]);
    expect(
      drawn(
        ringOf([
          [5, 1],
          [12, 2],
        ]),
        { gaps },
      ).runs,
    ).toEqual([
      [5, 7],
      [12, 20],
    ]);
  });

  it('breaks at a sample without a good value until the next good one', () => {
    expect(
      drawn(
        ringOf([
          [5, 1],
          [8, NaN],
          [15, 2],
        ]),
        {},
      ).runs,
    ).toEqual([
      [5, 8],
      [15, 20],
    ]);
  });

  it('does not go on, and has no dot at its end, once the path is dead', () => {
    expect(drawn(ringOf([[5, 1]]), { deadMs: 12_400 })).toEqual({ runs: [[5, 11]], dot: false });
  });

  it('shows a value that has not changed for longer than the window, but for its gaps', () => {
    const gaps = [{ fromMs: 8_000, toMs: 12_000, cause: 'connection-lost' }];
    expect(drawn(ringOf([]), { held: 4, gaps }).runs).toEqual([
      [1, 7],
      [12, 20],
    ]);
  });
});

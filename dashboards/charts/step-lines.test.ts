import { describe, expect, it } from 'vitest';
import { traceBand, traceSteps } from './step-lines.ts';
import type { PlotPlace } from './step-lines.ts';

/** One pixel a second, one pixel a unit, zero at the bottom left. */
const PLACE: PlotPlace = {
  left: 0,
  top: 0,
  width: 100,
  height: 100,
  fromS: 0,
  toS: 100,
  low: 0,
  high: 100,
  shiftS: 0,
};

function traced(points: readonly (readonly [timeS: number, value: number | null])[], place = PLACE): string {
  const drawn: string[] = [];
  const to =
    (name: string) =>
    (x: number, y: number): void => {
      drawn.push(`${name}${x},${100 - y}`);
    };
  const time = points.map(([timeS]) => timeS);
  const value = points.map(([, each]) => each);
  traceSteps({ moveTo: to('M'), lineTo: to('L') }, { time, value }, place);
  return drawn.join(' ');
}

describe('traceSteps', () => {
  it('holds each value until the next', () => {
    expect(
      traced([
        [10, 1],
        [20, 5],
        [30, 5],
        [40, 5],
      ]),
    ).toBe('M10,1 L20,1 L20,5 L40,5');
  });

  it('breaks where there is no value, and begins again after it', () => {
    expect(
      traced([
        [10, 1],
        [20, 1],
        [20, null],
        [30, 4],
        [40, 4],
      ]),
    ).toBe('M10,1 L20,1 M30,4 L40,4');
  });

  it('shows the least and the greatest of a column of pixels, whatever comes last in it', () => {
    expect(
      traced([
        [10, 3],
        [10.2, 90],
        [10.4, 1],
        [10.6, 5],
        [20, 5],
      ]),
    ).toBe('M10,3 L10,90 L10,1 L10,5 L20,5');
  });

  it('draws no more than five points a column, whatever there is', () => {
    const many = Array.from({ length: 10_000 }, (_, n): [number, number] => [n / 100, n % 7]);
    expect(traced(many).split(' ').length).toBeLessThanOrEqual(500);
  });

  it('lays an earlier time under the present one', () => {
    expect(
      traced(
        [
          [10, 1],
          [20, 2],
        ],
        { ...PLACE, shiftS: 50 },
      ),
    ).toBe('M60,1 L70,1 L70,2');
  });
});

describe('traceBand', () => {
  it('fills between least and greatest where that is more than the line', () => {
    const boxes: number[][] = [];
    const rect = (...box: number[]): void => void boxes.push(box);
    traceBand({ rect }, { time: [10, 20, 30, 40], lo: [1, null, 4, 4], hi: [5, null, 4.5, 9] }, PLACE);
    expect(boxes).toEqual([[10, 95, 10, 4]]);
  });
});

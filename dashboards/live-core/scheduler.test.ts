import { beforeEach, describe, expect, it } from 'vitest';
import { Scheduler, TEXTS_AT_ONCE } from './scheduler.ts';
import { FakeClock } from './testing/fake-clock.ts';

class CountingPainter {
  paints = 0;
  paint(): void {
    this.paints += 1;
  }
}

describe('Scheduler', () => {
  let clock: FakeClock;
  let hidden: boolean;
  let scheduler: Scheduler;

  beforeEach(() => {
    clock = new FakeClock();
    hidden = false;
    scheduler = new Scheduler({ clock, hidden: () => hidden });
    scheduler.start();
  });

  const busyFor = (ms: number, mark: () => void): void => {
    for (let passed = 0; passed < ms; passed += 10) {
      mark();
      clock.advance(10);
    }
  };

  it('paints texts four times a second, however often they change', () => {
    const painter = new CountingPainter();
    busyFor(10_000, () => scheduler.text(painter));
    expect(painter.paints).toBeGreaterThanOrEqual(36);
    expect(painter.paints).toBeLessThanOrEqual(41);
  });

  it('paints trends at most ten times a second, a third of them at a time', () => {
    const painters = Array.from({ length: 6 }, () => new CountingPainter());
    busyFor(10_000, () => painters.forEach((painter) => scheduler.trend(painter)));
    for (const painter of painters) {
      expect(painter.paints).toBeGreaterThanOrEqual(85);
      expect(painter.paints).toBeLessThanOrEqual(101);
    }
    const before = painters.map((painter) => painter.paints);
    for (const painter of painters) scheduler.trend(painter);
    clock.advance(30);
    expect(painters.filter((painter, n) => painter.paints > (before[n] ?? 0))).toHaveLength(2);
  });

  it('paints nothing that did not change', () => {
    const painter = new CountingPainter();
    scheduler.text(painter);
    clock.advance(5_000);
    expect(painter.paints).toBe(1);
  });

  it('paints nothing in a hidden page, and what changed meanwhile when it returns', () => {
    const painter = new CountingPainter();
    hidden = true;
    busyFor(2_000, () => scheduler.text(painter));
    expect(painter.paints).toBe(0);
    hidden = false;
    clock.advance(300);
    expect(painter.paints).toBe(1);
  });

  it('forgets painters that are gone', () => {
    const painter = new CountingPainter();
    const ageing = new CountingPainter();
    const end = scheduler.everyText(ageing);
    scheduler.text(painter);
    scheduler.forget(painter);
    end();
    const before = ageing.paints;
    clock.advance(1_000);
    expect(painter.paints).toBe(0);
    expect(ageing.paints).toBe(before);
  });

  it('spreads hundreds of texts over a few turns, each painted once a round', () => {
    const painters = Array.from({ length: 2 * TEXTS_AT_ONCE + 1 }, () => new CountingPainter());
    clock.advance(300);
    for (const painter of painters) scheduler.text(painter);
    const painted = (): number => painters.filter(({ paints }) => paints > 0).length;
    let [before, most] = [0, 0];
    for (let ms = 0; ms < 500; ms += 10) {
      clock.advance(10);
      most = Math.max(most, painted() - before);
      before = painted();
    }
    expect(most).toBe(TEXTS_AT_ONCE);
    expect(painters.every(({ paints }) => paints === 1)).toBe(true);
  });

  it('paints what came at once where the page is kept from its turns, and leaves a page that has them to its rounds', () => {
    const painter = new CountingPainter();
    clock.advance(300);
    scheduler.text(painter);
    scheduler.arrived();
    expect(painter.paints).toBe(0);
    clock.advance(300);
    expect(painter.paints).toBe(1);
    clock.sleep(120);
    scheduler.text(painter);
    scheduler.arrived();
    expect(painter.paints).toBe(2);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { DeliveryWindow, type Lane, type WindowLimits } from './delivery-window.ts';

const LIMITS: WindowLimits = {
  records: 10,
  bytes: 10_000,
  backlogShare: 0.5,
  ackTimeoutMs: 100,
  ackTimeoutMaxMs: 400,
};

class Bench {
  readonly acknowledged = new SequenceRanges();
  readonly window: DeliveryWindow;
  head = 0;
  now = 0;
  readonly sent: { sequence: number; lane: Lane }[] = [];

  constructor(limits = LIMITS) {
    this.window = new DeliveryWindow(limits, (from, to) =>
      this.acknowledged.missing(from, Math.min(to, this.head)),
    );
  }

  /** Sends one record after the other until the window says stop. */
  pump(bytes = 100): { sequence: number; lane: Lane }[] {
    const before = this.sent.length;
    for (let run = this.window.next(this.head); run; run = this.window.next(this.head)) {
      this.window.sent(run.lane, { sequence: run.from, bytes }, this.now);
      this.sent.push({ sequence: run.from, lane: run.lane });
    }
    return this.sent.slice(before);
  }

  acknowledge(...sequences: number[]): void {
    for (const sequence of sequences) this.acknowledged.add(sequence);
    this.window.acknowledged((sequence) => this.acknowledged.has(sequence));
  }
}

describe('delivery window', () => {
  it('stops at the limit of records and goes on as they are acknowledged, in any order', () => {
    const bench = new Bench();
    bench.window.begin(1, 0);
    bench.head = 15;
    expect(bench.pump().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    bench.acknowledge(3, 7);
    expect(bench.pump().map(({ sequence }) => sequence)).toEqual([11, 12]);
  });

  it('lets one record pass that is longer than the whole window', () => {
    const bench = new Bench();
    bench.window.begin(1, 0);
    bench.head = 2;
    expect(bench.pump(50_000)).toHaveLength(1);
    bench.acknowledge(1);
    expect(bench.pump(50_000)).toHaveLength(1);
  });

  it('sends live records first and leaves the backlog its share', () => {
    const bench = new Bench();
    bench.window.begin(1, 100);
    bench.head = 120;
    const lanes = bench.pump();
    expect(lanes.slice(0, 5).map(({ lane }) => lane)).toEqual(Array(5).fill('live'));
    expect(lanes.slice(5)).toEqual([1, 2, 3, 4, 5].map((sequence) => ({ sequence, lane: 'backlog' })));
  });

  it('keeps room for the next live record while only a backlog is there', () => {
    const bench = new Bench();
    bench.window.begin(1, 100);
    bench.head = 100;
    expect(bench.pump().length).toBeLessThan(10);
    bench.head = 101;
    expect(bench.pump()[0]).toEqual({ sequence: 101, lane: 'live' });
  });

  it('sends again what was not acknowledged in time, ever later', () => {
    const bench = new Bench();
    bench.window.begin(1, 0);
    bench.head = 3;
    bench.pump();
    bench.acknowledge(2);
    bench.now = 99;
    expect(bench.window.expire(bench.now)).toBe(0);
    bench.now = 100;
    expect(bench.window.expire(bench.now)).toBe(2);
    expect(bench.pump().map(({ sequence }) => sequence)).toEqual([1, 3]);
    bench.now = 250;
    expect(bench.window.expire(bench.now)).toBe(0);
    bench.now = 300;
    expect(bench.window.expire(bench.now)).toBe(2);
  });

  it('knows whether everything up to a record was sent', () => {
    const bench = new Bench();
    bench.window.begin(1, 0);
    bench.head = 12;
    bench.pump();
    expect([bench.window.isSent(10), bench.window.isSent(11)]).toEqual([true, false]);
  });

  it('delivers everything over any lossy link, within its bounds', () => {
    const step = fc.record({ made: fc.nat(8), lost: fc.boolean(), waitMs: fc.nat(300) });
    fc.assert(
      fc.property(fc.nat(60), fc.array(step, { maxLength: 40 }), (backlog, steps) => {
        const bench = new Bench();
        bench.head = backlog;
        bench.window.begin(1, backlog);
        for (const { made, lost, waitMs } of steps) {
          bench.head += made;
          bench.now += waitMs;
          bench.window.expire(bench.now);
          const sent = bench.pump();
          expect(bench.window.inFlight.records).toBeLessThanOrEqual(LIMITS.records);
          for (const { sequence } of sent) expect(bench.acknowledged.has(sequence)).toBe(false);
          if (!lost) bench.acknowledge(...sent.map(({ sequence }) => sequence));
        }
        for (let i = 0; i < 200 && bench.acknowledged.contiguousEnd(1) < bench.head; i += 1) {
          bench.now += 500;
          bench.window.expire(bench.now);
          bench.acknowledge(...bench.pump().map(({ sequence }) => sequence));
        }
        expect(bench.acknowledged.missing(1, bench.head)).toEqual([]);
      }),
    );
  });
});

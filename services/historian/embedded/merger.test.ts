import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMerge } from './merger.ts';
import type { SealedFile } from './sealed-files.ts';

const DAY = 20_000;
const DAY_MS = 86_400_000;
const DURING_MS = (DAY + 0.5) * DAY_MS;
const AFTER_MS = (DAY + 2) * DAY_MS;

const file = (no: number, rows: number, compacted = false, signals = [1, 9]): SealedFile => ({
  no,
  day: DAY,
  rows,
  bytes: rows,
  minSignal: signals[0] ?? 0,
  maxSignal: signals[1] ?? 0,
  minNs: 0n,
  maxNs: 0n,
  sealedAtMs: 0,
  compacted,
});

describe('planMerge', () => {
  it('keeps a running day within its number of files, whatever their sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1e6 }), { maxLength: 300 }),
        fc.integer({ min: 4, max: 24 }),
        (seals, filesPerDay) => {
          let files: SealedFile[] = [];
          let no = 0;
          let rewritten = 0;
          for (const rows of seals) {
            files.push(file((no += 1), rows));
            for (let plan = planMerge(files, { day: DAY, filesPerDay, nowMs: DURING_MS }); plan;) {
              const { from } = plan;
              const sum = from.reduce((total, one) => total + one.rows, 0);
              rewritten += sum;
              files = [...files.filter((one) => !from.includes(one)), file((no += 1), sum)];
              plan = planMerge(files, { day: DAY, filesPerDay, nowMs: DURING_MS });
            }
            expect(files.length).toBeLessThanOrEqual(filesPerDay);
          }
          const total = seals.reduce((sum, rows) => sum + rows, 0);
          expect(files.reduce((sum, one) => sum + one.rows, 0)).toBe(total);
          expect(rewritten).toBeLessThanOrEqual(total * Math.max(1, seals.length));
        },
      ),
    );
  });

  it('compacts a day that is over once, and again only for much late data', () => {
    const options = { day: DAY, filesPerDay: 24, nowMs: AFTER_MS };
    const loose = [file(1, 100), file(2, 100)];
    expect(planMerge(loose, options)).toMatchObject({ compact: true, from: loose });
    expect(planMerge(loose, { ...options, nowMs: DURING_MS })).toBeUndefined();
    expect(planMerge([file(1, 9, false, [1, 4]), file(2, 9, false, [5, 9])], options)).toBeUndefined();
    const compacted = [file(3, 100, true, [1, 4]), file(4, 100, true, [5, 9])];
    expect(planMerge(compacted, options)).toBeUndefined();
    expect(planMerge([...compacted, file(5, 3)], options)).toBeUndefined();
    expect(planMerge([...compacted, file(5, 50)], options)).toMatchObject({ compact: true });
  });
});

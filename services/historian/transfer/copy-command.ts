import type { TimeRange } from '#domain/sample-store.ts';
import { copyStore, type CopyFigures, type CopyProgress } from './copy-store.ts';
import type { CopySource, CopyTarget } from './store-copy.ts';

/** A line of progress comes at most so often. */
const SAY_EVERY_MS = 2_000;

export interface CopyCommand {
  readonly openSource: () => Promise<CopySource>;
  readonly openTarget: () => Promise<CopyTarget>;
  readonly range: TimeRange;
  readonly print: (line: string) => void;
}

const numbers = new Intl.NumberFormat('en-US');

/** @throws StartError with one plain sentence; run again it goes on where it was */
export async function runCopy({ openSource, openTarget, range, print }: CopyCommand): Promise<CopyFigures> {
  const source = await openSource();
  try {
    const target = await openTarget();
    try {
      print(`from ${source.name} to ${target.name}`);
      const figures = await copyStore({ source, target, range, onProgress: teller(print) });
      for (const line of summaryOf(figures)) print(line);
      return figures;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function teller(print: (line: string) => void): (progress: CopyProgress) => void {
  const startedAt = performance.now();
  let saidAt = startedAt;
  let first: number | undefined;
  return ({ day, samples, total }) => {
    first ??= samples;
    const now = performance.now();
    if (now - saidAt < SAY_EVERY_MS) return;
    saidAt = now;
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    const share = total === 0 ? 100 : Math.floor((samples / total) * 100);
    const rate = Math.round(((samples - first) / (now - startedAt)) * 1000);
    print(
      `${date}: ${numbers.format(samples)} of ${numbers.format(total)} samples (${share} %), ${numbers.format(rate)}/s`,
    );
  };
}

function summaryOf(figures: CopyFigures): string[] {
  const { samples, signals, days, written, tooOld, gaps, events } = figures;
  const counted = `${numbers.format(samples)} samples of ${numbers.format(signals)} signals on ${numbers.format(days)} days`;
  return [
    `complete: ${counted} are in the target, the same by count and checksum of each signal and day (${numbers.format(written)} written by this run)`,
    `with them ${numbers.format(gaps)} gap records and ${numbers.format(events)} events`,
    ...(tooOld > 0
      ? [
          `left out: ${numbers.format(tooOld)} samples that are older than the target keeps (--retention-days)`,
        ]
      : []),
  ];
}

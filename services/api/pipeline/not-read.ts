import type { NotRead } from '#contracts/api/pipeline.ts';
import type { Gap } from '#domain/sample-store.ts';
import { nsToMs } from '#domain/time.ts';

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Lays holes over each other: per machine, and over the plant. A hole of a whole stream counts for the plant alone. */
export function notReadOf(gaps: readonly Gap[]): NotRead & { readonly byMachine: Record<string, NotRead> } {
  const all: Interval[] = [];
  const byMachine = new Map<string, Interval[]>();
  for (const { machine, from, to } of gaps) {
    const interval = { from: nsToMs(from), to: nsToMs(to) };
    all.push(interval);
    if (machine === undefined) continue;
    const list = byMachine.get(machine);
    if (list) list.push(interval);
    else byMachine.set(machine, [interval]);
  }
  return {
    ...united(all),
    byMachine: Object.fromEntries([...byMachine].map(([machine, list]) => [machine, united(list)])),
  };
}

function united(intervals: Interval[]): NotRead {
  intervals.sort((a, b) => a.from - b.from);
  let gaps = 0;
  let totalMs = 0;
  let endMs = -Infinity;
  for (const { from, to } of intervals) {
    if (from > endMs) gaps += 1;
    totalMs += Math.max(0, to - Math.max(from, endMs));
    endMs = Math.max(endMs, to);
  }
  return { gaps, totalMs };
}

import type { MachineTotals, SiteTotals } from '../runtime/plant-truth.ts';
import type { WorkState } from '../model/work-state.ts';

/** ISO 22400-2 elements of a machine over a window, s and pieces. They and `otherS` sum to the planned busy time. */
export interface OeeElements {
  /** Actual production time. */
  readonly aptS: number;
  /** Actual unit setup time. */
  readonly austS: number;
  /** Delay: malfunctions and minor stops. */
  readonly adetS: number;
  /** Down: starved, blocked, or nothing to do. */
  readonly adotS: number;
  /** Planned busy time: without planned stops. */
  readonly pbtS: number;
  /** Sum of planned run time over the pieces produced: PRU x PQ. */
  readonly plannedS: number;
  readonly produced: number;
  readonly good: number;
}

/** Undefined where the denominator is 0: never 100 %. */
export interface OeeFigures {
  readonly availability: number | undefined;
  readonly effectiveness: number | undefined;
  readonly quality: number | undefined;
  readonly oee: number | undefined;
}

const ratio = (a: number, b: number): number | undefined => (b > 0 ? a / b : undefined);

/** A x E x Q; E above 1 is shown as it is. KPI.md, ISO 22400-2. */
export function oeeFigures(elements: OeeElements): OeeFigures {
  const availability = ratio(elements.aptS, elements.pbtS);
  // Machines that make no pieces (a compressor), or have no planned time for one (a vehicle), have no effectiveness.
  const effectiveness = elements.plannedS > 0 ? ratio(elements.plannedS, elements.aptS) : undefined;
  const quality = ratio(elements.good, elements.produced);
  const known = availability !== undefined && effectiveness !== undefined && quality !== undefined;
  return {
    availability,
    effectiveness,
    quality,
    oee: known ? availability * effectiveness * quality : undefined,
  };
}

type Bucket = 'aptS' | 'austS' | 'adetS' | 'adotS' | 'planned';

const BUCKETS: Readonly<Record<WorkState, Bucket>> = {
  producing: 'aptS',
  setup: 'austS',
  fault: 'adetS',
  starved: 'adotS',
  blocked: 'adotS',
  idle: 'adotS',
  'planned-stop': 'planned',
};

export interface MachineOee {
  readonly id: string;
  readonly elements: OeeElements;
  readonly energyKwh: number;
}

interface Course {
  readonly seconds: Record<Bucket, number>;
  state: WorkState | undefined;
  sinceMs: number;
}

interface Line {
  readonly machines?: readonly { readonly id: string }[];
  readonly state?: { readonly time: string; readonly machine: number; readonly state: WorkState };
  readonly truth?: {
    readonly time: string;
    readonly machines: readonly MachineTotals[];
    readonly site: SiteTotals;
  };
}

const toMs = (ns: string): number => Number(ns.slice(0, -6));

/** Time and counts of each machine, from a ledger's truth records; up to its last whole minute. */
export function oeeOfLedger(lines: Iterable<string>): readonly MachineOee[] {
  let ids: readonly string[] = [];
  let courses: Course[] = [];
  let last: Line['truth'];
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const parsed = JSON.parse(line) as Line;
    if (parsed.machines && ids.length === 0) {
      ids = parsed.machines.map(({ id }) => id);
      courses = ids.map(() => ({
        seconds: { aptS: 0, austS: 0, adetS: 0, adotS: 0, planned: 0 },
        state: undefined,
        sinceMs: 0,
      }));
    } else if (parsed.state) {
      const course = courses[parsed.state.machine];
      if (course) enter(course, parsed.state.state, toMs(parsed.state.time));
    } else if (parsed.truth) last = parsed.truth;
  }
  if (!last) return [];
  const { time, machines } = last;
  return ids.map((id, i) => {
    const course = courses[i]!;
    if (course.state) enter(course, course.state, toMs(time));
    const { aptS, austS, adetS, adotS } = course.seconds;
    const { good = 0, scrap = 0, plannedS = 0, energyKwh = 0 } = machines[i] ?? {};
    const pbtS = aptS + austS + adetS + adotS;
    return {
      id,
      energyKwh,
      elements: { aptS, austS, adetS, adotS, pbtS, plannedS, produced: good + scrap, good },
    };
  });
}

function enter(course: Course, state: WorkState, timeMs: number): void {
  if (course.state) course.seconds[BUCKETS[course.state]] += (timeMs - course.sinceMs) / 1000;
  course.state = state;
  course.sinceMs = timeMs;
}

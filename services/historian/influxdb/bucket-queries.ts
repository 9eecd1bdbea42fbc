import { parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import {
  ROLLUP_NS,
  addAggregate,
  createAggregates,
  planBuckets,
  toBuckets,
  type AggregateColumns,
  type BucketPlan,
} from '#domain/rollup.ts';
import type { Bucket, TimeRange } from '#domain/sample-store.ts';
import { decodeRollups } from '../rollup-codec.ts';
import { addBucketRows, askAggregates, type Aggregation } from './bucket-rows.ts';
import { bigintIn, literal, rowsOf, textIn } from './influxql.ts';
import type { Row } from './ledger.ts';
import { tagText } from './line-protocol.ts';
import { HOUR_NS, hourBounds, isCurrent, placeOf, readHours, type HourPorts } from './rolled-hours.ts';
import { timeBounds, type SampleQueries } from './sample-queries.ts';

const STATEMENTS_PER_QUERY = 50;
/** Packed hours in one answer: 1 to 3 kB each. */
const HOURS_PER_QUERY = 4_000;
/** Shorter ranges are worked out of the samples. */
const ROLLED_FROM_NS = 2n * HOUR_NS;
/** With so many holes between rolled hours, all is worked out of the samples. */
const MOST_PARTS = 24;

/** How the range of one machine's signals is read. */
interface Reading {
  /** Revision to be read of each hour that is rolled up. */
  readonly rolled: ReadonlyMap<number, number>;
  /** What is worked out of the samples. */
  readonly parts: readonly TimeRange[];
}

/** A signal whose buckets are made. */
interface Wanted {
  readonly signal: SignalId;
  readonly reading: Reading;
  /** `FROM ... WHERE ...` */
  readonly source: string;
  readonly to: AggregateColumns;
}

/** Buckets out of rollups where there are current ones, and out of samples where not: the same figures. */
export class BucketQueries {
  readonly #ports: HourPorts & { readonly queries: SampleQueries };

  constructor(ports: HourPorts & { readonly queries: SampleQueries }) {
    this.#ports = ports;
  }

  async buckets(signals: readonly SignalId[], range: TimeRange, buckets: number): Promise<Bucket[][]> {
    const plan = planBuckets(range, buckets);
    if (plan.count === 0 || timeBounds(plan.range) === undefined) return signals.map(() => []);
    const columns = signals.map(() => createAggregates(plan.count));
    const readings = await this.#readings(signals, plan);
    const wanted = signals.flatMap((signal, i): Wanted[] => {
      const machine = machineOf(signal);
      const reading = machine === undefined ? undefined : readings.get(machine);
      const source = this.#ports.queries.source(signal);
      const to = columns[i];
      return reading && to && source !== undefined ? [{ signal, reading, source, to }] : [];
    });
    await this.#addRolled(wanted, plan);
    await this.#addParts(wanted, plan);
    return columns.map((column) => toBuckets(plan, column));
  }

  async #readings(signals: readonly SignalId[], plan: BucketPlan): Promise<Map<MachineId, Reading>> {
    const machines = new Set(signals.flatMap((signal) => machineOf(signal) ?? []));
    const readings = new Map<MachineId, Reading>();
    for (const machine of machines) readings.set(machine, await this.#reading(machine, plan));
    return readings;
  }

  async #reading(machine: MachineId, { range, aligned }: BucketPlan): Promise<Reading> {
    const fromSamples: Reading = { rolled: new Map(), parts: [range] };
    const first = range.from > 0n ? Number(range.from / HOUR_NS) : 0;
    const end = range.to > 0n ? Number((range.to - 1n) / HOUR_NS) + 1 : 0;
    if (!aligned || range.to - range.from < ROLLED_FROM_NS || first >= end) return fromSamples;
    const hours = await readHours(this.#ports, machine, [first, end]);
    const rolled = new Map([...hours.rolled].filter(([hour]) => isCurrent(hours, hour)));
    const parts = holesBetween([...rolled.keys()], range);
    return rolled.size === 0 || parts.length > MOST_PARTS ? fromSamples : { rolled, parts };
  }

  async #addRolled(wanted: readonly Wanted[], plan: BucketPlan): Promise<void> {
    const asked = wanted.flatMap((one) =>
      piecesOf([...one.reading.rolled.keys()]).map((piece) => ({ one, piece })),
    );
    for (let from = 0; from < asked.length;) {
      let to = from + 1;
      const hours = (): number =>
        asked.slice(from, to + 1).reduce((sum, { piece: [a, b] }) => sum + b - a, 0);
      while (to < asked.length && to - from < STATEMENTS_PER_QUERY && hours() <= HOURS_PER_QUERY) to += 1;
      const some = asked.slice(from, to);
      const statements = some.map(
        ({ one: { signal }, piece }) =>
          `SELECT "body" FROM "rollup" WHERE "signal" = ${literal(tagText(signal))} AND ${hourBounds(...piece)}`,
      );
      const answers = await this.#ports.query(statements.join('; '));
      some.forEach(({ one: { to: columns, reading } }, k) =>
        addRollupRows(columns, rowsOf(answers[k] ?? []), { plan, rolled: reading.rolled }),
      );
      from = to;
    }
  }

  async #addParts(wanted: readonly Wanted[], plan: BucketPlan): Promise<void> {
    const { widthNs, originNs } = plan;
    const offset = ((originNs % widthNs) + widthNs) % widthNs;
    const asked = wanted.flatMap(({ reading, source, to }) =>
      reading.parts.flatMap((part) => {
        const bounds = timeBounds(part);
        if (bounds === undefined) return [];
        const aggregation: Aggregation = { source, bounds, grouping: `time(${widthNs}ns, ${offset}ns)` };
        return [{ aggregation, part, to }];
      }),
    );
    for (let from = 0; from < asked.length; from += STATEMENTS_PER_QUERY) {
      const some = asked.slice(from, from + STATEMENTS_PER_QUERY);
      const answers = await askAggregates(
        this.#ports.query,
        some.map(({ aggregation }) => aggregation),
      );
      some.forEach(({ part, to }, k) => addBucketRows(to, answers[k] ?? [], { plan, part }));
    }
  }
}

/** Between the first and the last of these hours, in pieces that one answer may hold. */
function piecesOf(hours: readonly number[]): [number, number][] {
  if (hours.length === 0) return [];
  const first = hours.reduce((a, b) => Math.min(a, b));
  const end = hours.reduce((a, b) => Math.max(a, b)) + 1;
  const pieces: [number, number][] = [];
  for (let from = first; from < end; from += HOURS_PER_QUERY)
    pieces.push([from, Math.min(end, from + HOURS_PER_QUERY)]);
  return pieces;
}

function machineOf(signal: SignalId): MachineId | undefined {
  const parts = parseSignalId(signal);
  return parts && `${parts.site}/${parts.machine}`;
}

/** What of `range` lies in none of these hours. */
function holesBetween(hours: number[], { from, to }: TimeRange): TimeRange[] {
  const holes: TimeRange[] = [];
  let at = from;
  for (const hour of hours.sort((a, b) => a - b)) {
    const start = BigInt(hour) * HOUR_NS;
    if (start > at) holes.push({ from: at, to: start });
    at = start + HOUR_NS;
  }
  if (at < to) holes.push({ from: at, to });
  return holes;
}

function addRollupRows(
  to: AggregateColumns,
  rows: readonly Row[],
  { plan, rolled }: { readonly plan: BucketPlan; readonly rolled: ReadonlyMap<number, number> },
): void {
  const origin = Number(plan.originNs / ROLLUP_NS);
  const width = Number(plan.widthNs / ROLLUP_NS);
  for (const row of rows) {
    const { hour, revision } = placeOf(bigintIn(row['time']));
    if (rolled.get(hour) !== revision) continue;
    const { rows: minutes, minute, columns } = decodeRollups(Buffer.from(textIn(row['body']), 'base64'));
    for (let i = 0; i < minutes; i += 1) {
      const at = (minute[i] ?? 0) - origin;
      const bucket = Math.floor(at / width);
      if (bucket < 0 || bucket >= plan.count) continue;
      addAggregate(to, bucket, { from: columns, i, shift: (at - bucket * width) * Number(ROLLUP_NS) });
    }
  }
}

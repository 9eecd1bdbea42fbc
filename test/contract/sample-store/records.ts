/** Records, catalogues and a naive model for the conformance suite. */
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import type {
  Bucket,
  MachineCatalogue,
  SampleStore,
  SamplesRecord,
  SignalNo,
  StreamKey,
} from '#domain/sample-store.ts';
import type { BucketPlan } from '#domain/rollup.ts';
import { isGood } from '#domain/status-code.ts';

export const STREAM: StreamKey = { agent: 'edge-1', epoch: '00000000000000a1' };
export const MACHINE: MachineId = 'brest/m-1';
/** 2026-09-21T14:13:20Z */
export const T0 = 1_790_000_000_000_000_000n;
/** The same in ms. */
export const T0_MS = Number(T0 / 1_000_000n);
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const DAY = 86_400n * SECOND;
export const ALWAYS = { from: -(2n ** 63n), to: 2n ** 63n };

export const signalOf = (path: string, machine: MachineId = MACHINE): SignalId => `${machine}/${path}`;

export function catalogueOf(paths: readonly string[], machine: MachineId = MACHINE): MachineCatalogue {
  return {
    machine: {
      id: machine,
      assetPath: { enterprise: 'technopark', site: 'brest' },
      kind: 'pump-loop',
      name: { en: 'Pump', ru: 'Насос' },
      provenance: 'simulated',
    },
    signals: paths.map((path) => ({
      id: signalOf(path, machine),
      machine,
      path,
      name: { en: path },
      dataType: 'Double',
      isArray: false,
      nodeId: `nsu=urn:test;s=${path}`,
    })),
  };
}

export interface Row {
  readonly signal: SignalNo;
  readonly time: bigint;
  readonly value: SampleValue;
  readonly status?: number;
  readonly flags?: number;
}

export function samplesRecord(
  sequence: number,
  rows: readonly Row[],
  options: { readonly stream?: StreamKey; readonly checksum?: number; readonly machine?: MachineId } = {},
): SamplesRecord {
  // Longer than needed, as ingest's columns are.
  const batch = createSampleBatch(rows.length + 3);
  rows.forEach((row, i) => {
    batch.signal[i] = row.signal;
    batch.timeNs[i] = row.time;
    setValue(batch, i, row.value);
    batch.statusCode[i] = row.status ?? 0;
    batch.flags[i] = row.flags ?? 0;
  });
  batch.count = rows.length;
  const { stream = STREAM, checksum = sequence * 7 + 1, machine = MACHINE } = options;
  return { kind: 'samples', stream, sequence, checksum, machine, batch };
}

/** A machine with one numbered signal per path, and its stream opened. */
export async function prepare(store: SampleStore, paths: readonly string[]): Promise<readonly SignalNo[]> {
  await store.openStream(STREAM);
  return store.putCatalogue(catalogueOf(paths));
}

export const valuesOf = (samples: readonly Sample[]): SampleValue[] => samples.map(({ value }) => value);

/** The buckets of `samples` (in the signal's order) counted one by one. */
export function naiveBuckets(plan: BucketPlan, samples: readonly Sample[]): Bucket[] {
  const cells = new Map<bigint, Sample[]>();
  for (const sample of samples) {
    const { sourceTimestamp: at } = sample;
    if (at < plan.range.from || at >= plan.range.to) continue;
    const cell = (at - plan.originNs) / plan.widthNs;
    const held = cells.get(cell);
    if (held) held.push(sample);
    else cells.set(cell, [sample]);
  }
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([cell, held]) => naiveBucket(plan, cell, held));
}

function naiveBucket(plan: BucketPlan, cell: bigint, held: readonly Sample[]): Bucket {
  const inOrder = held.toSorted((a, b) =>
    a.sourceTimestamp < b.sourceTimestamp ? -1 : a.sourceTimestamp > b.sourceTimestamp ? 1 : 0,
  );
  const numbers = inOrder.flatMap(({ value, statusCode }) => {
    const number =
      typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
        ? Number(value)
        : NaN;
    return isGood(statusCode) && Number.isFinite(number) ? [number] : [];
  });
  const has = numbers.length > 0;
  return {
    t: plan.originNs + plan.widthNs * cell,
    count: held.length,
    min: has ? Math.min(...numbers) : null,
    max: has ? Math.max(...numbers) : null,
    mean: has ? numbers.reduce((sum, number) => sum + number, 0) / numbers.length : null,
    first: numbers[0] ?? null,
    last: numbers.at(-1) ?? null,
    worstStatus: Math.max(...held.map(({ statusCode }) => statusCode)),
  };
}

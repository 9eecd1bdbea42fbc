import { beforeEach, describe, expect, it } from 'vitest';
import { ValueKind, createSampleBatch, valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import { nsToMs } from '#domain/time.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { createLogger } from '#platform/logger.ts';
import { SegmentedJournal } from '../journal/segmented-journal.ts';
import { SimulatedDisk } from '../journal/simulated-disk.ts';
import { Pipeline } from './pipeline.ts';
import type { SampleGroup, SourceMachine, SourceSignal } from './source.ts';

const log = createLogger('test', 'silent');
const machine: SourceMachine = {
  id: 'pump-01',
  kind: 'pump-loop',
  name: { en: 'Pump' },
  provenance: 'simulated',
  assetPath: { enterprise: 'pilot' },
};
const signal = (path: string, dataType: SourceSignal['dataType'] = 'Double'): SourceSignal => ({
  path,
  name: { en: path },
  dataType,
  isArray: false,
  nodeId: `nsu=urn:x;s=${path}`,
});

let disk: SimulatedDisk;
let journal: SegmentedJournal;
let pipeline: Pipeline;
let nowMs: number;

async function open(payloadBytes = 256 * 1024): Promise<void> {
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  journal = new SegmentedJournal({
    dir: '/j',
    maxBytes: 1 << 26,
    segmentBytes: 1 << 16,
    whenFull: 'block',
    reserveBytes: 512,
    cacheBytes: 1 << 20,
    disk,
    clock,
    log,
  });
  await journal.start();
  pipeline = new Pipeline({ journal, disk, dir: '/j', clock, log, payloadBytes });
  await pipeline.start();
}

async function reopen(): Promise<void> {
  await journal.stop();
  await open();
}

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  disk = new SimulatedDisk(1);
  await open();
});

function rows(...given: (readonly [alias: number, value: number, timeMs: number])[]): SampleBatch {
  const batch = createSampleBatch(Math.max(1, given.length));
  given.forEach(([alias, value, timeMs], i) => {
    batch.signal[i] = alias;
    batch.kind[i] = ValueKind.float;
    batch.f64[i] = value;
    batch.timeNs[i] = BigInt(timeMs) * 1_000_000n;
  });
  return Object.assign(batch, { count: given.length });
}

const group = (batch: SampleBatch, rest: Partial<SampleGroup> = {}): SampleGroup => ({
  machineId: 'pump-01',
  batch,
  origin: 'publish',
  ...rest,
});

describe('aliases', () => {
  it('stay with their signal through restarts, and are never given to another', async () => {
    const first = await pipeline.catalogue(machine, [signal('A'), signal('B')]);
    await reopen();
    expect([...(await pipeline.catalogue(machine, [signal('B'), signal('A')]))]).toEqual([
      first[1],
      first[0],
    ]);
    await reopen();
    const next = await pipeline.catalogue(machine, [signal('C'), signal('A')]);
    expect([...first]).not.toContain(next[0]);
    expect(next[1]).toBe(first[0]);
  });

  it('are new when the data type changes, while the old one stays in the births', async () => {
    const [before] = await pipeline.catalogue(machine, [signal('A')]);
    const [after] = await pipeline.catalogue(machine, [signal('A', 'Int32')]);
    expect(after).not.toBe(before);
    expect(pipeline.catalogues.wire('pump-01')?.signals.map(({ alias }) => alias)).toEqual([before, after]);
    await pipeline.catalogues.prune(journal.stats().head + 1);
    expect(pipeline.catalogues.wire('pump-01')?.signals.map(({ alias }) => alias)).toEqual([after]);
  });

  it('an unchanged catalogue makes no new version and no record', async () => {
    await pipeline.catalogue(machine, [signal('A')]);
    const { head } = journal.stats();
    await pipeline.catalogue(machine, [signal('A')]);
    expect([journal.stats().head, pipeline.catalogues.version('pump-01')]).toEqual([head, 1]);
  });
});

describe('a Publish response', () => {
  it('is split at the payload limit into one atomic group', async () => {
    await journal.stop();
    await open(100);
    const aliases = await pipeline.catalogue(machine, [signal('A'), signal('B')]);
    const { head } = journal.stats();
    const batch = rows(...Array.from({ length: 20 }, (_, i) => [aliases[i % 2] ?? 0, i, nowMs + i] as const));
    await pipeline.append(group(batch, { notification: { subscriptionId: 5, sequence: 1 } }));
    const records = await journal.read(head + 1, 1e6);
    expect(records.length).toBeGreaterThan(2);
    expect(records.reduce((sum, { samples }) => sum + samples, 0)).toBe(20);
    expect(records.every(({ metrics }) => metrics.length <= 100)).toBe(true);
    expect(pipeline.lastNotification('pump-01')).toEqual({ subscriptionId: 5, sequence: 1 });
  });

  it('that is journaled already is not appended again when it is republished', async () => {
    const [alias = 0] = await pipeline.catalogue(machine, [signal('A')]);
    const send = (sequence: number, origin: SampleGroup['origin']): Promise<void> =>
      pipeline.append(
        group(rows([alias, 1, nowMs]), { origin, notification: { subscriptionId: 5, sequence } }),
      );
    await send(0xffffffff, 'publish');
    await reopen();
    await send(0xffffffff, 'republish');
    expect(journal.stats().journaled).toBe(1);
    await send(1, 'republish'); // the counter wraps
    expect(journal.stats().journaled).toBe(2);
  });
});

describe('values read again', () => {
  it('are left out when they say nothing new', async () => {
    const [a = 0, b = 0] = await pipeline.catalogue(machine, [signal('A'), signal('B')]);
    await pipeline.append(group(rows([a, 1, nowMs], [b, 2, nowMs])));
    await pipeline.append(group(rows([a, 1, nowMs], [b, 3, nowMs + 1]), { origin: 'refresh' }));
    expect(journal.stats().journaled).toBe(3);
    expect(pipeline.latest.of(b)?.value).toBe(3);
  });

  it('end the time of a machine that was away, with the agent’s time where theirs is older', async () => {
    const [a = 0] = await pipeline.catalogue(machine, [signal('A')]);
    pipeline.link('pump-01', 'online');
    await pipeline.append(group(rows([a, 1, nowMs])));
    nowMs += 5_000;
    const down = new Promise<void>((resolve) =>
      pipeline.listen({ onMachineUp: () => {}, onMachineDown: () => resolve() }),
    );
    pipeline.link('pump-01', 'offline');
    await down;
    expect(pipeline.latest.of(a)).toMatchObject({ value: null, statusCode: 0x80310000 });
    nowMs += 5_000;
    pipeline.link('pump-01', 'online');
    await pipeline.append(group(rows([a, 1, nowMs - 10_000]), { origin: 'refresh' }));
    expect(pipeline.latest.of(a)).toMatchObject({
      value: 1,
      statusCode: 0,
      timeNs: BigInt(nowMs) * 1_000_000n,
    });
  });

  async function markedAway(alias: number, timeMs: number): Promise<void> {
    pipeline.link('pump-01', 'online');
    await pipeline.append(group(rows([alias, 1, timeMs])));
    nowMs += 5_000;
    const down = new Promise<void>((resolve) =>
      pipeline.listen({ onMachineUp: () => {}, onMachineDown: () => resolve() }),
    );
    pipeline.link('pump-01', 'offline');
    await down;
    nowMs += 5_000;
  }

  async function journaledFrom(sequence: number): Promise<[value: unknown, timeMs: number, flags: number][]> {
    const found: [unknown, number, number][] = [];
    for (const { metrics, kind } of await journal.read(sequence, 1e6)) {
      if (kind !== 'samples') continue;
      const decoded = createSampleBatch(16);
      decodeRecord(metrics, pipeline.catalogues.aliases, decoded);
      for (let i = 0; i < decoded.count; i += 1)
        found.push([valueAt(decoded, i), nsToMs(decoded.timeNs[i] ?? 0n), decoded.flags[i] ?? 0]);
    }
    return found;
  }

  it('keep their own time when it lies before the mark of absence: recorded values stay what they were', async () => {
    const [a = 0] = await pipeline.catalogue(machine, [signal('A')]);
    const recordedMs = nowMs - 1e11;
    await markedAway(a, recordedMs);
    await reopen(); // the mark was made by an earlier process
    expect(pipeline.owesValues('pump-01')).toBe(true);
    expect(pipeline.newest(a)).toMatchObject({ value: 1, timeNs: BigInt(recordedMs) * 1_000_000n });
    const { head } = journal.stats();
    await pipeline.append(group(rows([a, 2, recordedMs + 1_000]), { origin: 'refresh' }));
    expect(await journaledFrom(head + 1)).toEqual([
      [2, recordedMs + 1_000, SampleFlag.historical],
      [2, nowMs, SampleFlag.agentTime],
    ]);
    expect(pipeline.owesValues('pump-01')).toBe(false);
    // What is known now is not said again after the next absence: only that it holds.
    await pipeline.append(group(rows([a, 2, recordedMs + 1_000]), { origin: 'refresh' }));
    expect(await journaledFrom(head + 2)).toEqual([]);
    pipeline.link('pump-01', 'online');
    const down = new Promise<void>((resolve) =>
      pipeline.listen({ onMachineUp: () => {}, onMachineDown: () => resolve() }),
    );
    pipeline.link('pump-01', 'offline');
    await down;
    nowMs += 1_000;
    const marked = journal.stats().head;
    await pipeline.append(group(rows([a, 2, recordedMs + 1_000]), { origin: 'refresh' }));
    expect(await journaledFrom(marked + 1)).toEqual([[2, nowMs, SampleFlag.agentTime]]);
  });

  it('newer than the mark of absence end it by themselves', async () => {
    const [a = 0] = await pipeline.catalogue(machine, [signal('A')]);
    await markedAway(a, nowMs);
    const { head } = journal.stats();
    await pipeline.append(group(rows([a, 2, nowMs - 1])));
    expect(await journaledFrom(head + 1)).toEqual([[2, nowMs - 1, 0]]);
    expect([pipeline.owesValues('pump-01'), pipeline.newest(a)?.value]).toEqual([false, 2]);
  });

  it('from history are flagged so, and are not the newest', async () => {
    const [a = 0] = await pipeline.catalogue(machine, [signal('A')]);
    await pipeline.append(group(rows([a, 1, nowMs])));
    const batch = rows([a, 9, nowMs - 1_000]);
    await pipeline.append(group(batch, { origin: 'history' }));
    expect(batch.flags[0]).toBe(0); // the caller's columns stay as they were
    const [found] = await journal.read(journal.stats().head, 1);
    const decoded = createSampleBatch(1);
    decodeRecord(found?.metrics ?? new Uint8Array(), pipeline.catalogues.aliases, decoded);
    expect([decoded.f64[0], decoded.flags[0]]).toEqual([9, SampleFlag.historical]);
    expect(pipeline.latest.of(a)?.value).toBe(1);
  });
});

it('finds the newest values and the hints again after a restart', async () => {
  const [a = 0] = await pipeline.catalogue(machine, [signal('A')]);
  await pipeline.append(group(rows([a, 4.5, nowMs])));
  await pipeline.saveHints('pump-01', { session: 'abc' });
  await reopen();
  expect(pipeline.latest.of(a)).toMatchObject({ value: 4.5, statusCode: 0 });
  expect(pipeline.hints('pump-01')).toEqual({ session: 'abc' });
});

/** Bytes on disk of a sealed sample, of data that is not made for it: the Brest plant's physics, and a real pump loop's recordings. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { MachineId } from '#domain/asset-path.ts';
import { createSampleBatch, growSampleBatch, setValue, type SampleBatch } from '#domain/sample-batch.ts';
import type { MachineCatalogue, SamplesRecord, SignalNo, StreamKey } from '#domain/sample-store.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import type { ProducedTick, TickSink } from '../../simulators/model/produced-tick.ts';
import { loadPlant } from '../../simulators/plants/load-plant.ts';
import { splitLines } from '../../simulators/replay/csv.ts';
import { createSimulation } from '../../simulators/runtime/create-simulation.ts';
import { findRecording } from '../support/recordings.ts';
import { fileBytes } from './historian.ts';

const STREAM: StreamKey = { agent: 'bench', epoch: '00000000000000be' };
/** How often a store with few samples seals by default. */
const SEAL_EVERY_S = 900;

export interface SealedBytes {
  readonly samples: number;
  /** As sealed while the day runs, and as compacted when it is over. */
  readonly freshBytesPerSample: number;
  readonly compactedBytesPerSample: number;
}

function benchMachine(machine: string, signals: number): MachineCatalogue {
  const id: MachineId = `bench/${machine}`;
  return {
    machine: {
      id,
      assetPath: { enterprise: 'bench', site: 'bench' },
      kind: 'bench',
      name: { en: machine },
      provenance: 'simulated',
    },
    signals: Array.from({ length: signals }, (_, i) => ({
      id: `${id}/s${i}`,
      machine: id,
      path: `s${i}`,
      name: { en: `s${i}` },
      dataType: 'Double',
      isArray: false,
      nodeId: `nsu=bench;i=${i}`,
    })),
  };
}

/** Gathers samples of one machine into records. */
class RecordMaker {
  readonly machine: MachineId;
  readonly #signalNos: readonly SignalNo[];
  readonly #next: () => number;
  #batch: SampleBatch = createSampleBatch(256);

  constructor(machine: MachineId, signalNos: readonly SignalNo[], next: () => number) {
    this.machine = machine;
    this.#signalNos = signalNos;
    this.#next = next;
  }

  add(signal: number, timeNs: bigint, value: Parameters<typeof setValue>[2], statusCode = 0): void {
    const batch = this.#batch;
    growSampleBatch(batch, batch.count + 1);
    batch.signal[batch.count] = this.#signalNos[signal] ?? 0;
    batch.timeNs[batch.count] = timeNs;
    batch.statusCode[batch.count] = statusCode;
    setValue(batch, batch.count, value);
    batch.count += 1;
  }

  take(): readonly SamplesRecord[] {
    if (this.#batch.count === 0) return [];
    const batch = this.#batch;
    this.#batch = createSampleBatch(256);
    const sequence = this.#next();
    return [{ kind: 'samples', stream: STREAM, sequence, checksum: sequence, machine: this.machine, batch }];
  }
}

async function measured(
  dir: string,
  fill: (store: EmbeddedStore, next: () => number) => Promise<void>,
): Promise<SealedBytes> {
  const store = createEmbeddedStore({ dir, config: { retentionDays: 36_500, quotaBytes: 1e12 } });
  await store.start();
  let sequence = 0;
  try {
    await fill(store, () => (sequence += 1));
    // A day that is far off is not over yet: nothing is compacted.
    await store.maintain(0);
    const { samples } = await store.stats();
    const fresh = fileBytes(path.join(dir, 'sealed'), '');
    await store.maintain(Date.now() + 3 * 86_400_000);
    const compacted = fileBytes(path.join(dir, 'sealed'), '');
    return {
      samples,
      freshBytesPerSample: fresh / samples,
      compactedBytesPerSample: compacted / samples,
    };
  } finally {
    await store.stop();
  }
}

/** `hours` of the plant as its physics produce it: every signal at its own rate, each machine a record a second. */
export function measureBrestPlant(dir: string, hours: number): Promise<SealedBytes> {
  return measured(dir, async (store, next) => {
    const loaded = await loadPlant('simulators/plants/brest.yaml');
    const startMs = Date.parse(loaded.plant.startsAt);
    const { plant, machines } = createSimulation(loaded, loaded.plant.seed, startMs);
    const makers: RecordMaker[] = [];
    for (const { id, signals } of machines) {
      const catalogue = benchMachine(id, signals.length);
      makers.push(new RecordMaker(catalogue.machine.id, await store.putCatalogue(catalogue), next));
    }
    const sink: TickSink = { accept: (machine, tick) => addTick(makers[machine], tick) };
    const ticksPerSecond = Math.max(1, Math.round(1000 / loaded.plant.tickMs));
    for (let second = 1; second <= hours * 3600; second += 1) {
      for (let i = 0; i < ticksPerSecond; i += 1) plant.step(sink);
      const records = makers.flatMap((maker) => maker.take());
      if (records.length > 0) await store.append(records);
      if (second % SEAL_EVERY_S === 0) await store.maintain(0);
    }
  });
}

function addTick(maker: RecordMaker | undefined, tick: ProducedTick): void {
  const timeNs = BigInt(tick.timeMs) * 1_000_000n + BigInt(tick.below) * 100n;
  for (const [i, signal] of tick.signals.entries()) {
    const value = tick.values[i] ?? null;
    const plain = typeof value === 'object' && value !== null ? { json: JSON.stringify(value) } : value;
    maker?.add(signal, timeNs, plain, tick.statuses[i] ?? 0);
  }
}

/** All recordings of SKAB that are there, one after the other; undefined where they are absent. */
export async function measureSkab(dir: string): Promise<SealedBytes | undefined> {
  const folder = findRecording('skab');
  if (folder === undefined) return undefined;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.csv'),
  );
  return measured(dir, async (store, next) => {
    const catalogue = benchMachine('skab', 10);
    const maker = new RecordMaker(catalogue.machine.id, await store.putCatalogue(catalogue), next);
    for (const file of files.toSorted()) {
      const [, ...lines] = splitLines(readFileSync(path.join(folder, file), 'utf8'));
      for (const [i, line] of lines.entries()) {
        const [time = '', ...cells] = line.split(';');
        const timeNs = BigInt(Date.parse(`${time.replace(' ', 'T')}Z`)) * 1_000_000n;
        for (const [column, cell] of cells.entries()) maker.add(column, timeNs, Number(cell));
        if (i % 10 === 9) await store.append(maker.take());
      }
      await store.append(maker.take());
    }
  });
}

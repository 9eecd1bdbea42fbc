/** The InfluxDB store on a real influxd beside a bare HTTP client that has its line protocol ready-made, and queries beside the embedded store. */
import { Agent, request } from 'node:http';
import { readFileSync } from 'node:fs';
import type { SampleStore, SamplesRecord, SignalNo } from '#domain/sample-store.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { createEmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { createInfluxStore } from '../../services/historian/influxdb/influx-store.ts';
import { seriesOf, timeText } from '../../services/historian/influxdb/line-protocol.ts';
import { startInfluxd } from '../support/influxd.ts';

const SIGNALS = 500;
const RECORD_SAMPLES = 500;
const RECORDS_PER_APPEND = 40;
const IN_FLIGHT = 4;
const MACHINE = 'brest/bench';
const CLOCK_TICKS_PER_S = 100;

export interface InfluxFigures {
  /** Samples/s, median of the rounds. */
  readonly bare: number;
  readonly ours: number;
  /** Of ours to the bare client of the same round: median, and of each round, the least first. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  /** CPU s per million samples: of our process, of influxd under it, and of influxd under the bare client. */
  readonly ourCpuS: number;
  readonly influxdCpuS: number;
  readonly bareInfluxdCpuS: number;
  readonly queries: readonly {
    readonly name: string;
    readonly influxMs: number;
    readonly embeddedMs: number;
  }[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** CPU seconds of a process so far (Linux). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S;
}

const valueOf = (signal: number, at: number): number => Math.round(Math.sin(signal + at / 30) * 10_000) / 100;

function recordOf(sequence: number, signals: readonly SignalNo[], firstMs: number): SamplesRecord {
  const batch = createSampleBatch(RECORD_SAMPLES);
  for (let i = 0; i < RECORD_SAMPLES; i += 1) {
    batch.signal[i] = signals[i % SIGNALS] ?? 0;
    batch.timeNs[i] = BigInt(firstMs + sequence * 100) * 1_000_000n;
    batch.kind[i] = 1;
    batch.f64[i] = valueOf(i, sequence);
  }
  batch.count = RECORD_SAMPLES;
  const stream = { agent: 'brest/edge-1', epoch: '00000000000000b1' };
  return { kind: 'samples', stream, sequence, checksum: sequence, machine: MACHINE, batch };
}

async function prepare(store: SampleStore): Promise<readonly SignalNo[]> {
  await store.openStream({ agent: 'brest/edge-1', epoch: '00000000000000b1' });
  return await store.putCatalogue({
    machine: {
      id: MACHINE,
      kind: 'bench',
      name: { en: 'Bench' },
      provenance: 'simulated',
      assetPath: { enterprise: 'e', site: 'brest' },
    },
    signals: Array.from({ length: SIGNALS }, (_, i) => ({
      id: `${MACHINE}/Axis/S${i}` as const,
      machine: MACHINE,
      path: `Axis/S${i}`,
      name: { en: `S${i}` },
      dataType: 'Double' as const,
      isArray: false,
      nodeId: 'i=1',
    })),
  });
}

async function append(
  store: SampleStore,
  signals: readonly SignalNo[],
  span: { from: number; to: number; firstMs: number },
): Promise<void> {
  let next = span.from;
  const lane = async (): Promise<void> => {
    while (next < span.to) {
      const first = next;
      next = Math.min(span.to, first + RECORDS_PER_APPEND);
      await store.append(
        Array.from({ length: next - first }, (_, i) => recordOf(first + i, signals, span.firstMs)),
      );
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

/** What the bare client sends: the lines that ours would, made before the clock runs. */
function readyMade(span: { from: number; to: number; firstMs: number }): Buffer[] {
  const series = Array.from({ length: SIGNALS }, (_, i) => seriesOf('bench', `${MACHINE}/Axis/S${i}`));
  const bodies: Buffer[] = [];
  for (let from = span.from; from < span.to; from += RECORDS_PER_APPEND / 2) {
    const lines: string[] = [];
    for (let sequence = from; sequence < from + RECORDS_PER_APPEND / 2; sequence += 1)
      for (let i = 0; i < RECORD_SAMPLES; i += 1)
        lines.push(
          `${series[i % SIGNALS]} value=${valueOf(i, sequence)},seq=${17592186044416 + sequence}i ${timeText(span.firstMs + sequence * 100, 0)}`,
        );
    bodies.push(Buffer.from(lines.join('\n')));
  }
  return bodies;
}

async function sendBare(url: string, bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const status = await new Promise<number>((resolve, reject) => {
        const sent = request(`${url}/write?db=bare&precision=ns`, { method: 'POST', agent }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        sent.on('error', reject);
        sent.end(body);
      });
      if (status !== 204) throw new Error(`influxd answers ${status}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  agent.destroy();
}

export async function measureInflux(
  program: string,
  dir: string,
  options: { readonly rounds: number; readonly records: number },
): Promise<InfluxFigures> {
  const influxd = await startInfluxd(program, { directory: `${dir}/influxd` });
  const embedded = createEmbeddedStore({ dir: `${dir}/embedded` });
  const store = createInfluxStore({ config: { url: influxd.url } });
  try {
    await influxd.query('CREATE DATABASE bare');
    await Promise.all([store.start(), embedded.start()]);
    const [signals, embeddedSignals] = [await prepare(store), await prepare(embedded)];
    const samples = options.records * RECORD_SAMPLES;
    const rounds: Round[] = [];
    // Up to now: what comes for an hour that is closed costs one more request (docs/adr/0078).
    const firstMs = Date.now() - options.rounds * options.records * 100;
    for (let round = 0; round < options.rounds; round += 1) {
      const span = { from: 1 + round * options.records, to: 1 + (round + 1) * options.records, firstMs };
      const bodies = readyMade(span);
      const bare = (): Promise<Took> => measured(influxd.pid(), () => sendBare(influxd.url, bodies));
      const ours = (): Promise<Took> => measured(influxd.pid(), () => append(store, signals, span));
      // In turns: what influxd has still to do for one is done at the other's cost.
      if (round % 2 === 0) rounds.push({ bare: await bare(), ours: await ours() });
      else rounds.push(await ours().then(async (first) => ({ ours: first, bare: await bare() })));
      await append(embedded, embeddedSignals, span);
    }
    const held = await store.audit();
    if (held[0]?.stored !== samples * options.rounds)
      throw new Error(`stored ${held[0]?.stored}, sent ${samples * options.rounds}`);
    const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
    const perMillion = (seconds: number): number => (seconds / samples) * 1e6;
    return {
      bare: of(({ bare }) => samples / bare.wallS),
      ours: of(({ ours }) => samples / ours.wallS),
      ratio: of(({ bare, ours }) => bare.wallS / ours.wallS),
      ratios: rounds.map(({ bare, ours }) => bare.wallS / ours.wallS).sort((a, b) => a - b),
      ourCpuS: of(({ ours }) => perMillion(ours.ourCpuS)),
      influxdCpuS: of(({ ours }) => perMillion(ours.influxdCpuS)),
      bareInfluxdCpuS: of(({ bare }) => perMillion(bare.influxdCpuS)),
      queries: await compareQueries(store, embedded, {
        firstMs,
        lastMs: firstMs + options.rounds * options.records * 100,
      }),
    };
  } finally {
    await Promise.all([store.stop(), embedded.stop()]);
    await influxd.remove();
  }
}

/** What some samples took. */
interface Took {
  readonly wallS: number;
  readonly ourCpuS: number;
  readonly influxdCpuS: number;
}

interface Round {
  readonly bare: Took;
  readonly ours: Took;
}

async function measured(influxdPid: number, run: () => Promise<unknown>): Promise<Took> {
  const influxdS = cpuOf(influxdPid);
  const before = process.cpuUsage();
  const wallMs = await timed(run);
  const { user, system } = process.cpuUsage(before);
  return {
    wallS: wallMs / 1000,
    ourCpuS: (user + system) / 1e6,
    influxdCpuS: cpuOf(influxdPid) - influxdS,
  };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

async function compareQueries(
  influx: SampleStore,
  embedded: SampleStore,
  span: { readonly firstMs: number; readonly lastMs: number },
): Promise<InfluxFigures['queries']> {
  const range = { from: BigInt(span.firstMs) * 1_000_000n, to: BigInt(span.lastMs) * 1_000_000n };
  const ids = Array.from({ length: 20 }, (_, i) => `${MACHINE}/Axis/S${i}` as const);
  const asked: readonly [string, (store: SampleStore) => Promise<unknown>][] = [
    ['1 signal in 500 buckets', (store) => store.buckets(ids.slice(0, 1), range, 500)],
    ['20 signals in 500 buckets', (store) => store.buckets(ids, range, 500)],
    ['1000 raw samples', (store) => store.samples(ids[0] ?? `${MACHINE}/x`, range, 1_000)],
  ];
  const queries: { name: string; influxMs: number; embeddedMs: number }[] = [];
  for (const [name, ask] of asked) {
    const times = async (store: SampleStore): Promise<number> => {
      const took: number[] = [];
      for (let i = 0; i < 9; i += 1) took.push(await timed(() => ask(store)));
      return median(took);
    };
    queries.push({ name, influxMs: await times(influx), embeddedMs: await times(embedded) });
  }
  return queries;
}

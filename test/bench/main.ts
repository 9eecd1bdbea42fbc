import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { commandOptions } from '#platform/command-line.ts';
import { measureEndToEnd, type LoadShape } from './end-to-end.ts';
import { measureAppend } from './historian.ts';
import { measureIngest } from './ingest.ts';
import { measureBrestPlant, measureSkab, type SealedBytes } from './sealed-bytes.ts';
import { fillSealedDay, measureSealedDay } from './sealed-day.ts';
import { findProgram } from '../support/programs.ts';
import { measureInflux } from './influxdb.ts';
import { measureWorkers } from './workers.ts';
import { measureBareAedes, measureDisk } from './reference.ts';

const USAGE = `Measures this machine: samples a second, latency, bytes a sample, query times, memory; beside them what its disk and a
bare broker give. All parts take about 20 minutes, in which nothing else should run here.

  npm run bench -- [options]

  --only PARTS   of end-to-end, ingest, historian, influxdb, workers, bytes, day (commas between them; default: all)
  --minutes N    of the full load from end to end (default: 5)
  --machines N   that make it (default: 3)
  --signals N    of each of them, at 10 Hz (default: 2800)
  --hours N      of 1,000 signals at 1 Hz that the sealed day has (default: 24)
`;
const values = commandOptions(
  {
    only: { type: 'string', default: 'end-to-end,ingest,historian,influxdb,workers,bytes,day' },
    minutes: { type: 'string', default: '5' },
    machines: { type: 'string', default: '3' },
    signals: { type: 'string', default: '2800' },
    hours: { type: 'string', default: '24' },
  },
  USAGE,
);
const parts = new Set(values.only.split(','));

/** A row of the closing table: what was asked, what was reached. */
const table: { figure: string; reached: string; goal: string }[] = [];
const row = (figure: string, reached: string, goal = ''): void => void table.push({ figure, reached, goal });
const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function reference(): Promise<void> {
  const load = loadavg()[0] ?? 0;
  row(
    'machine',
    `${cpus().length} x ${cpus()[0]?.model ?? '?'}, load average ${load.toFixed(1)}, Node ${process.version}`,
  );
  const disk = await measureDisk(3_000);
  row(
    'disk: 4 KiB + fdatasync',
    `${thousands(disk.syncsPerSecond)}/s, p50 ${ms(disk.p50Ms)}, p99 ${ms(disk.p99Ms)}`,
  );
  row('bare Aedes, QoS 0, 100 B', `${thousands(await measureBareAedes(100, 60_000))} messages/s`);
  row('bare Aedes, QoS 0, 20 kB', `${thousands(await measureBareAedes(20_000, 5_000))} messages/s`);
}

const HALF_LOAD_SECONDS = 60;

async function endToEnd(): Promise<void> {
  const machines = Number(values.machines);
  const signals = Number(values.signals);
  const seconds = Math.round(Number(values.minutes) * 60);
  await inFolder((dir) => oneLoad(dir, 'full load', { machines, signals, rateHz: 10, seconds }));
  const half = { machines, signals: Math.round(signals / 2), rateHz: 10 };
  const halfSeconds = Math.min(seconds, HALF_LOAD_SECONDS);
  await inFolder((dir) => oneLoad(dir, 'half load', { ...half, seconds: halfSeconds }));
}

async function oneLoad(dir: string, name: string, shape: LoadShape): Promise<void> {
  const figures = await measureEndToEnd(dir, shape);
  const { verdict, queryable } = figures;
  row(
    `end to end from OPC UA, ${name}, ${shape.seconds} s, ${thousands(figures.offeredPerSecond)}/s offered`,
    `${thousands(figures.storedPerSecond)} samples/s of ${thousands(verdict.signals)} signals`,
    name === 'full load' ? '>= 80,000/s' : '',
  );
  row(
    '  read back',
    `${thousands(verdict.stored)} stored, ${verdict.wrong} wrong, ${verdict.doubled} doubled, ${verdict.missing} missing, ${verdict.reordered} reordered`,
    '0',
  );
  row(
    '  of what was offered',
    `${thousands(verdict.givenUp)} never made (simulator late), ${thousands(figures.overflowed)} fell out of server queues`,
  );
  row(
    '  source to queryable over HTTP',
    `p50 ${ms(queryable.p50Ms)}, p99 ${ms(queryable.p99Ms)} (${thousands(queryable.samples)} samples, ${figures.browser})`,
    'p99 <= 500 ms',
  );
  for (const one of figures.processes)
    row(
      `  ${one.name}`,
      `${one.cores.toFixed(2)} cores, ${one.residentMiB.toFixed(0)} MiB, peak ${one.peakMiB.toFixed(0)} MiB`,
      '<= 512 MB',
    );
  const cores = figures.processes.reduce((sum, one) => sum + one.cores, 0);
  row(
    '  all processes',
    `${cores.toFixed(2)} cores, ${((cores / figures.storedPerSecond) * 1e6).toFixed(1)} us of CPU a sample; taken by the host: ${figures.stealPercent.toFixed(1)} %`,
  );
  row('  bytes per sealed sample of the load', verdict.bytesPerSample.toFixed(2));
}

async function ingest(dir: string): Promise<void> {
  const figures = await measureIngest(dir, { messages: 6_000, samplesPerMessage: 1_000 });
  row(
    'MQTT into the historian (durable, acknowledged)',
    `${thousands(figures.samplesPerSecond)} samples/s`,
    '>= 500,000/s',
  );
  for (const one of figures.processes)
    row(`  ${one.name}`, `${one.cores.toFixed(2)} cores, peak ${one.peakMiB.toFixed(0)} MiB`, '<= 512 MB');
}

async function historian(dir: string): Promise<void> {
  const figures = await measureAppend(path.join(dir, 'append'), { samples: 4_000_000, rows: 1_000 });
  row('historian alone: append, durable, visible', `${thousands(figures.samplesPerSecond)} samples/s`);
  row('  bytes per sample in the log', figures.logBytesPerSample.toFixed(1), '<= 30');
  row('  bytes per sample sealed (plant mixture)', figures.sealedBytesPerSample.toFixed(2), '<= 3');
}

async function sealedBytes(dir: string): Promise<void> {
  const told = (name: string, figures: SealedBytes | undefined, goal: string): void => {
    const { samples, freshBytesPerSample, compactedBytesPerSample } = figures ?? {};
    row(
      `bytes per sealed sample: ${name}`,
      samples === undefined
        ? 'recordings are absent (../shared/data/skab)'
        : `${compactedBytesPerSample?.toFixed(2)} (${freshBytesPerSample?.toFixed(2)} before the day is over), ${thousands(samples)} samples`,
      goal,
    );
  };
  told('Brest plant, 2 h', await measureBrestPlant(path.join(dir, 'brest'), 2), '<= 3');
  told('SKAB', await measureSkab(path.join(dir, 'skab')), '');
}

async function day(dir: string): Promise<void> {
  const filled = await fillSealedDay(dir, { signals: 1_000, hours: Number(values.hours) });
  const figures = await measureSealedDay(dir, filled);
  row(
    `sealed: ${thousands(figures.rows)} samples of 1,000 signals`,
    `${figures.bytesPerSample.toFixed(2)} bytes per sample`,
    '<= 3',
  );
  row(
    `  while ${thousands(figures.writtenPerSecond)}/s come in: 24 h of one signal, 500 buckets`,
    figures.oneSignal,
    '<= 20 ms warm',
  );
  row('  24 h of 20 signals', figures.twentySignals, '<= 100 ms warm');
  row('  latest of 1,000 signals', figures.latest, '<= 5 ms warm');
}

async function influxdb(dir: string): Promise<void> {
  const program = findProgram('influxd');
  if (program === undefined) {
    row('InfluxDB', 'no influxd here: apt-get install influxdb');
    return;
  }
  const figures = await measureInflux(program, dir, { rounds: 10, records: 400 });
  row('influxd: bare client, lines ready-made', `${thousands(figures.bare)} samples/s`);
  row('influxd: the InfluxDB store, durable, accounted for', `${thousands(figures.ours)} samples/s`);
  const each = figures.ratios.map((ratio) => ratio.toFixed(2)).join(' ');
  row('  of the bare client in the same round', `${figures.ratio.toFixed(2)} (${each})`, '>= 0.7');
  const cpu = `ours ${figures.ourCpuS.toFixed(2)} s, influxd ${figures.influxdCpuS.toFixed(2)} s (bare client: ${figures.bareInfluxdCpuS.toFixed(2)} s)`;
  row('  CPU for a million samples', cpu);
  for (const { name, influxMs, embeddedMs } of figures.queries)
    row(`  ${name}: InfluxDB, embedded`, `${ms(influxMs)}, ${ms(embeddedMs)}`);
}

async function workers(dir: string): Promise<void> {
  const influxd = findProgram('influxd');
  const mosquitto = findProgram('mosquitto');
  if (influxd === undefined || mosquitto === undefined) {
    row('ingest workers', 'apt-get install influxdb mosquitto');
    return;
  }
  for (const count of [1, 2, 4]) {
    const options = { workers: count, messages: 1_600 };
    const { samplesPerSecond } = await measureWorkers({ influxd, mosquitto }, dir, options);
    row(
      `${count} ingest workers over mosquitto into one influxd`,
      `${thousands(samplesPerSecond)} samples/s`,
    );
  }
}

await reference();
if (parts.has('influxdb')) await inFolder(influxdb);
if (parts.has('workers')) await inFolder(workers);
if (parts.has('historian')) await inFolder(historian);
if (parts.has('bytes')) await inFolder(sealedBytes);
if (parts.has('ingest')) await inFolder(ingest);
if (parts.has('day')) await inFolder(day);
if (parts.has('end-to-end')) await endToEnd();
console.table(table);

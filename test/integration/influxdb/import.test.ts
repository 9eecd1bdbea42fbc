/** What `export` writes comes back by `import`, into the embedded store and a real influxd; other CSV files, and what is wrong with them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SignalId } from '#domain/asset-path.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import { SampleFlag } from '#domain/sample.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import {
  createEmbeddedStore,
  type EmbeddedStore,
} from '../../../services/historian/embedded/embedded-store.ts';
import { writeParquetFile } from '../../../services/historian/embedded/parquet-export.ts';
import { parquetSamples } from '../../../services/historian/embedded/parquet-import.ts';
import { exportSamples } from '../../../services/historian/embedded/store-view.ts';
import { createInfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import { exportFrom } from '../../../services/historian/transfer/csv-export.ts';
import { csvSamples } from '../../../services/historian/transfer/csv-samples.ts';
import { importSamples, type ImportFigures } from '../../../services/historian/transfer/import-samples.ts';
import { startInfluxd } from '../../support/influxd.ts';
import { requireProgram } from '../../support/programs.ts';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { STREAM, T0, T0_MS, prepare, samplesRecord, signalOf } from '../../contract/sample-store/records.ts';

const ALL = { from: -(2n ** 63n), to: 2n ** 63n };
const KEEP = { retentionDays: 36_500, sealIntervalMs: 86_400_000 };
const VALUES: SampleValue[] = [
  1.5,
  -0,
  0,
  NaN,
  Infinity,
  -Infinity,
  1 / 3,
  5e-324,
  7n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  true,
  false,
  '',
  'true',
  '1.5',
  'Ёлка 🏭, "x"\r\n\t\\',
  '=1+1',
  new Uint8Array([0, 255, 1]),
  new Uint8Array(),
  { json: '{"a":[1,null]}' },
  null,
];

async function started<Store extends SampleStore>(store: Store): Promise<Store> {
  await store.start();
  onTestFinished(() => store.stop());
  return store;
}

const embedded = (dir = temporaryFolder('import')): Promise<EmbeddedStore> =>
  started(createEmbeddedStore({ dir, config: KEEP }));

const strip = (samples: readonly Sample[]): Sample[] => samples.map((sample) => ({ ...sample, flags: 0 }));
const read = async (store: SampleStore, id: SignalId): Promise<Sample[]> =>
  strip(await store.samples(id, ALL, 1e6));

const pagesOf = (file: string): AsyncIterable<readonly Sample[]> =>
  file.endsWith('.csv') ? csvSamples(file, { columns: {} }) : parquetSamples(file);

async function samplesIn(file: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const page of pagesOf(file)) samples.push(...page);
  return samples;
}

const bring = (store: SampleStore, file: string): Promise<ImportFigures> =>
  importSamples({ store, file, pages: () => pagesOf(file), onProgress: () => undefined });

describe('import', () => {
  it.each(['csv', 'parquet'] as const)(
    'brings back what export wrote as %s, to the last bit',
    async (format) => {
      const dir = temporaryFolder('import');
      const source = await embedded(dir);
      const [signal = 0, steady = 0] = await prepare(source, ['Mixed, =x', 'Steady']);
      const row = (value: SampleValue, i: number): Parameters<typeof samplesRecord>[1][number] => ({
        signal,
        time: T0 + BigInt(i),
        value,
        status: value === null ? 0x80310000 : i % 5 === 0 ? 0x40900000 : 0,
      });
      await source.append([samplesRecord(1, VALUES.map(row))]);
      await source.maintain(T0_MS);
      const many = Array.from({ length: 12_000 }, (_, i) => ({
        signal: steady,
        time: T0 + BigInt(i >> 1) * 1_000n - 3n,
        value: Math.sin(i),
      }));
      await source.append([samplesRecord(2, many)]);
      const out = path.join(temporaryFolder('export'), `all.${format}`);
      expect(await exportSamples(dir, { signals: [], range: ALL, format, out })).toBe(12_000 + VALUES.length);
      const target = await embedded();
      expect(await bring(target, out)).toEqual({
        samples: 12_000 + VALUES.length,
        stored: 12_000 + VALUES.length,
        newMachines: ['brest/m-1'],
        newSignals: 2,
      });
      for (const one of ['Mixed, =x', 'Steady'])
        expect(await read(target, signalOf(one))).toEqual(await read(source, signalOf(one)));
      expect((await target.samples(signalOf('Steady'), ALL, 1))[0]?.flags).toBe(SampleFlag.historical);
      // Again, and into the store where it came from: nothing is doubled.
      expect(await bring(target, out)).toMatchObject({ stored: 0 });
      expect(await bring(source, out)).toMatchObject({ stored: 0, newSignals: 0 });
      expect((await source.openStream(STREAM)).received).toEqual([[1, 2]]);
      // By the port alone, as of any other store.
      const again = path.join(temporaryFolder('export'), `port.${format}`);
      const writeParquet = format === 'parquet' ? writeParquetFile : undefined;
      expect(await exportFrom(target, { signals: [], range: ALL, out: again, writeParquet })).toBe(
        12_000 + VALUES.length,
      );
      const samples = await samplesIn(again);
      expect(samples.filter(({ signal }) => signal === signalOf('Mixed, =x'))).toEqual(
        await read(source, signalOf('Mixed, =x')),
      );
    },
  );

  it('goes into a real influxd and out of it, by the command line', async (context) => {
    const influxd = await startInfluxd(requireProgram(context, 'influxd'), { inMemory: true });
    onTestFinished(() => influxd.remove());
    const folder = temporaryFolder('import');
    const lines = VALUES.filter((value) => typeof value === 'number').map(
      (value, i) => `brest/m-1/A,2026-11-22T06:00:00.00000000${i}Z,${value},0,number`,
    );
    writeFileSync(
      path.join(folder, 'in.csv'),
      `signal,sourceTimestamp,value,statusCode,type\n${lines.join('\n')}\n`,
    );
    const run = (...args: string[]): string => {
      const cli = path.join(REPOSITORY_ROOT, 'services/historian/cli.ts');
      const store = ['--store', `influxdb:${influxd.url}`, '--database', 'files'];
      const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args, ...store], {
        cwd: folder,
        encoding: 'utf8',
      });
      return stdout + stderr;
    };
    expect(run('import', 'in.csv')).toContain('8 samples of in.csv: 8 stored');
    writeFileSync(path.join(folder, 'out.parquet.part'), 'of somebody else');
    expect(run('export', '--out', 'out.parquet')).toBe('8 samples to out.parquet\n');
    expect(run('export', '--out', 'not-here/out.csv')).toMatch(/^there is no folder not-here\.\n/);
    expect(run('export', '--out', 'none.csv', '--signal', 'brest/m-1/B')).toMatch(/no signal brest\/m-1\/B/);
    // What was begun is gone, what is another's is as it was.
    expect(readdirSync(folder).toSorted()).toEqual(['in.csv', 'out.parquet', 'out.parquet.part']);
    expect(readFileSync(path.join(folder, 'out.parquet.part'), 'utf8')).toBe('of somebody else');
    const store = await started(createInfluxStore({ config: { url: influxd.url, database: 'files' } }));
    expect(await samplesIn(path.join(folder, 'out.parquet'))).toEqual(await read(store, 'brest/m-1/A'));
  });

  it('takes another CSV by a small mapping, guessing what is a number', async () => {
    const file = path.join(temporaryFolder('import'), 'plant.csv');
    writeFileSync(
      file,
      'when;x,when,temp\na,2026-11-22T09:00:00+03:00,21.5\nb,2026-11-22T06:00:01Z,\nc,2026-11-22T06:00:02Z,off\n',
    );
    const store = await embedded();
    const mapping = { columns: { sourceTimestamp: 'when', value: 'temp' }, signal: 'brest/hall/Temperature' };
    await importSamples({ store, file, pages: () => csvSamples(file, mapping), onProgress: () => undefined });
    const samples = await read(store, 'brest/hall/Temperature');
    expect(samples.map(({ value }) => value)).toEqual([21.5, null, 'off']);
    expect(samples[0]?.sourceTimestamp).toBe(1_795_327_200_000_000_000n);
    expect(store.machines()[0]).toMatchObject({
      machine: { id: 'brest/hall', kind: 'imported', provenance: 'replay' },
    });
  });

  it('tells each line that cannot be read, and stores nothing of such a file', async () => {
    const file = path.join(temporaryFolder('import'), 'bad.csv');
    const store = await embedded();
    const problem = async (text: string): Promise<string> => {
      writeFileSync(file, text);
      return bring(store, file).then(
        () => 'imported',
        (error: unknown) => (error as Error).message,
      );
    };
    const head = 'signal,sourceTimestamp,value,statusCode,type\n';
    const good = 'brest/m-1/A,2026-11-22T06:00:00Z,1,0,number\n';
    const bad = [
      'brest/A,2026-11-22T06:00:00Z,1,0,number',
      'brest/m-1/A,2026-11-22 06:00,1,0,number',
      'brest/m-1/A,2026-11-22T06:00:00Z,1;5,0,number',
      'brest/m-1/A,2026-11-22T06:00:00Z,1,-1,number',
      'brest/m-1/A,2026-11-22T06:00:00Z,1',
      'brest/m-1/A,2026-11-22T06:00:00Z,1,0,float',
    ];
    expect(await problem(head + good + bad.join('\n'))).toBe(
      [
        `6 lines of ${file} cannot be imported, so nothing is:`,
        '  line 3: "brest/A" is not the id of a signal like brest/cnc-01/Spindle/Load',
        '  line 4: "2026-11-22 06:00" is not a time with its zone, like 2026-11-22T06:00:00.123Z',
        '  line 5: "1;5" is not a number',
        '  line 6: "-1" is not a status code, a whole number from 0 to 4294967295',
        '  line 7: it has 3 fields, the first line has 5',
        '  line 8: "float" is not a type of value',
      ].join('\n'),
    );
    expect(await problem('a,b\n1,2\n')).toBe(
      `line 1 of ${file} names no column sourceTimestamp, value, signal; it names a, b`,
    );
    expect(store.machines()).toEqual([]);
    const noParquet = path.join(temporaryFolder('import'), 'x.parquet');
    writeFileSync(noParquet, 'not that');
    await expect(bring(store, noParquet)).rejects.toThrow(`${noParquet} cannot be read as Parquet`);
  });
});

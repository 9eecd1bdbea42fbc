/** The historian from the command line; what reads works while the services run. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { SignalId } from '#domain/asset-path.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import { isoToNs, nsToIso, type TimeNs } from '#domain/time.ts';
import { explainEnd, readOptions, wholeNumber } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';
import { backupStore, restoreStore } from './embedded/backup.ts';
import { openEmbeddedSource } from './embedded/embedded-copy-source.ts';
import { openEmbeddedTarget } from './embedded/embedded-copy-target.ts';
import { createEmbeddedStore } from './embedded/embedded-store.ts';
import { writeParquetFile } from './embedded/parquet-export.ts';
import { parquetSamples } from './embedded/parquet-import.ts';
import { exportSamples, readDeadLetters, readFigures } from './embedded/store-view.ts';
import { openInfluxSource } from './influxdb/influx-copy-source.ts';
import { openInfluxTarget } from './influxdb/influx-copy-target.ts';
import { createInfluxStore } from './influxdb/influx-store.ts';
import { runCopy } from './transfer/copy-command.ts';
import { exportFrom } from './transfer/csv-export.ts';
import { csvSamples } from './transfer/csv-samples.ts';
import { parseMapping, runImport } from './transfer/import-command.ts';
import { INFLUX_OPTIONS, parseStoreAddress } from './transfer/store-address.ts';

const USAGE = `The historian from the command line.

  npm run historian -- COMMAND [options]

  stats                     what it holds, and the audit of its streams
  backup  --to DIR          a consistent copy, also while the centre runs
  restore --from DIR        a backup into an empty store; the centre must be stopped
  dead-letters [--limit N]  payloads refused for good, newest first (default: 20)
  export  --out FILE [--signal ID ...] [--from TIME] [--to TIME] [--format csv|parquet] [--store STORE]
                            samples as a file; all signals and all time where none is named
  import  FILE [--format csv|parquet] [--store STORE] [--column value=NAME ...] [--signal ID]
                            what export wrote, or another CSV: --column tells which of its columns is signal,
                            sourceTimestamp, value, statusCode or type. The centre must be stopped
  copy    --from STORE --to STORE [--from-time TIME] [--to-time TIME]
                            everything into another, empty store; checked by count and checksum of each
                            signal and day. The centre must be stopped. Run again, it goes on where it was

  --data DIR                the centre's data folder, or a store's own (default: var)

  STORE                     embedded, embedded:DIR or influxdb:http://127.0.0.1:8086, and for InfluxDB:
  --database NAME           database or bucket (default: brest); beside it lies NAME-ledger
  --org, --token-file       2.x, 3.x (or INFLUX_ORG, INFLUX_TOKEN in the environment)
  --username, --password-file    1.x
  --retention-days N        when the database is made (default: 30; 0 = for ever)

A backup holds the samples, the catalogue and the received ranges. Keep DIR/config and DIR/secrets too: they are small.
`;

const OPTIONS = {
  data: { type: 'string', default: 'var' },
  from: { type: 'string' },
  to: { type: 'string' },
  out: { type: 'string' },
  format: { type: 'string' },
  store: { type: 'string', default: 'embedded' },
  column: { type: 'string', multiple: true },
  limit: { type: 'string', default: '20' },
  signal: { type: 'string', multiple: true },
  'from-time': { type: 'string' },
  'to-time': { type: 'string' },
  ...INFLUX_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

const HELP_COMMAND = 'npm run historian -- --help';

function parse(args: readonly string[]) {
  return readOptions({ args: [...args], options: OPTIONS, allowPositionals: true }, HELP_COMMAND);
}

type TextOption = 'from' | 'to' | 'out' | 'from-time' | 'to-time';

function required(values: Values, name: TextOption): string {
  const value = values[name];
  if (value !== undefined && value !== '') return value;
  throw new StartError('BAD_OPTION', `--${name} is missing`, `\`${HELP_COMMAND}\` lists the options`);
}

/** The store's own folder, or that of the centre which keeps it in `services/historian`. */
function storeOf({ data }: Pick<Values, 'data'>): string {
  const within = path.join(data, 'services/historian');
  return existsSync(within) || existsSync(path.join(data, 'config/centre.yaml')) ? within : data;
}

function timeOf(values: Values, name: Exclude<TextOption, 'out'>): TimeNs {
  const time = isoToNs(required(values, name));
  if (time !== undefined) return time;
  throw new StartError('BAD_OPTION', `--${name} is not a time`, 'write it like 2026-11-22T06:00:00Z');
}

const folderOf = (dir: string | undefined, values: Values): string => storeOf({ data: dir ?? values.data });

async function copy(values: Values): Promise<void> {
  const from = parseStoreAddress(required(values, 'from'), values);
  const to = parseStoreAddress(required(values, 'to'), values);
  const time = (name: 'from-time' | 'to-time', otherwise: TimeNs): TimeNs =>
    values[name] === undefined ? otherwise : timeOf(values, name);
  await runCopy({
    openSource: () =>
      from.kind === 'influxdb'
        ? openInfluxSource(from.config)
        : openEmbeddedSource(folderOf(from.dir, values)),
    openTarget: () =>
      to.kind === 'influxdb' ? openInfluxTarget(to.config) : openEmbeddedTarget(folderOf(to.dir, values)),
    range: { from: time('from-time', -(2n ** 63n)), to: time('to-time', 2n ** 63n) },
    print,
  });
}

function formatOf({ format }: Values, file: string): 'csv' | 'parquet' {
  const word = format ?? (file.endsWith('.parquet') ? 'parquet' : 'csv');
  if (word === 'csv' || word === 'parquet') return word;
  throw new StartError('BAD_OPTION', `--format ${word} is not known`, 'csv or parquet');
}

async function exportCommand(values: Values): Promise<void> {
  const out = required(values, 'out');
  const format = formatOf(values, out);
  const time = (name: 'from' | 'to', otherwise: TimeNs): TimeNs =>
    values[name] === undefined ? otherwise : timeOf(values, name);
  const range = { from: time('from', -(2n ** 63n)), to: time('to', 2n ** 63n) };
  if (existsSync(out))
    throw new StartError('OUT_EXISTS', `${out} is there already`, 'give another name with --out');
  const signals = (values.signal ?? []) as SignalId[];
  const address = parseStoreAddress(values.store, values);
  const count = await wholeOrNot(out, (part) =>
    address.kind === 'embedded'
      ? exportSamples(folderOf(address.dir, values), { signals, range, format, out: part })
      : withStore(createInfluxStore({ config: address.config }), (store) =>
          exportFrom(store, {
            signals,
            range,
            out: part,
            writeParquet: format === 'parquet' ? writeParquetFile : undefined,
          }),
        ),
  );
  print(`${count} samples to ${out}`);
}

/** The file `out` is there when `write` came to its end, and not before. No other file of its folder is touched. */
async function wholeOrNot<Result>(out: string, write: (part: string) => Promise<Result>): Promise<Result> {
  const folder = path.dirname(out);
  if (!existsSync(folder))
    throw new StartError(
      'BAD_OPTION',
      `there is no folder ${folder}`,
      'make it, or give another name with --out',
    );
  const own = mkdtempSync(path.join(folder, `.${path.basename(out)}.`));
  try {
    const part = path.join(own, path.basename(out));
    const result = await write(part);
    renameSync(part, out);
    return result;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function importCommand(values: Values, file = ''): Promise<void> {
  if (!existsSync(file))
    throw new StartError(
      'BAD_OPTION',
      file === '' ? 'the file is missing' : `there is no file ${file}`,
      HELP_COMMAND,
    );
  const address = parseStoreAddress(values.store, values);
  const mapping = parseMapping(values.column ?? [], values.signal ?? []);
  const pages =
    formatOf(values, file) === 'csv' ? () => csvSamples(file, mapping) : () => parquetSamples(file);
  const store =
    address.kind === 'embedded'
      ? createEmbeddedStore({ dir: folderOf(address.dir, values), config: KEEP_ALL })
      : createInfluxStore({ config: address.config });
  await withStore(store, () => runImport({ file, store, pages, print }));
}

/** What is older than the centre keeps is its own business, once it runs. */
const KEEP_ALL = { retentionDays: 36_500 };

async function withStore<Store extends SampleStore, Result>(
  store: Store,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  await store.start();
  try {
    return await work(store);
  } finally {
    await store.stop();
  }
}

type Command = (values: Values, argument?: string) => Promise<void> | void;

const COMMANDS: Readonly<Record<string, Command>> = {
  backup: async (values) => {
    const { files, bytes, storeId } = await backupStore(storeOf(values), required(values, 'to'));
    print(`backed up store ${storeId}: ${files} files, ${bytes} bytes`);
  },
  restore: async (values) => {
    const { files, bytes, storeId } = await restoreStore(required(values, 'from'), storeOf(values));
    print(`restored ${files} files, ${bytes} bytes; the store has the new id ${storeId}`);
  },
  stats: (values) => print(JSON.stringify(readFigures(storeOf(values)), undefined, 2)),
  'dead-letters': (values) => {
    const letters = readDeadLetters(storeOf(values), wholeNumber('limit', values.limit, 1, 100_000));
    if (letters.length === 0) print('none: no payload was refused');
    for (const letter of letters) {
      const { receivedAt, payload, ...rest } = letter;
      print(
        JSON.stringify({
          receivedAt: nsToIso(receivedAt),
          ...rest,
          payload: Buffer.from(payload).toString('base64'),
        }),
      );
    }
  },
  copy,
  export: exportCommand,
  import: importCommand,
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    const name = positionals[0] ?? '';
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) {
      const what = name === '' ? 'A command is missing' : `There is no command "${name}"`;
      throw new StartError('BAD_OPTION', what, `\`${HELP_COMMAND}\` lists them`);
    }
    await command(values, positionals[1]);
    return 0;
  } catch (error) {
    return explainEnd(error);
  }
}

process.exitCode = await main(process.argv.slice(2));

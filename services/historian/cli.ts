/** The historian from the command line; all commands but `restore` work while the services run. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { SignalId } from '#domain/asset-path.ts';
import { isoToNs, nsToIso, type TimeNs } from '#domain/time.ts';
import { explainEnd, readOptions, wholeNumber } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';
import { backupStore, restoreStore } from './embedded/backup.ts';
import { openEmbeddedSource } from './embedded/embedded-copy-source.ts';
import { openEmbeddedTarget } from './embedded/embedded-copy-target.ts';
import { exportSamples, readDeadLetters, readFigures } from './embedded/store-view.ts';
import { openInfluxSource } from './influxdb/influx-copy-source.ts';
import { openInfluxTarget } from './influxdb/influx-copy-target.ts';
import { runCopy } from './transfer/copy-command.ts';
import { INFLUX_OPTIONS, parseStoreAddress } from './transfer/store-address.ts';

const USAGE = `The historian from the command line.

  npm run historian -- COMMAND [options]

  stats                     what it holds, and the audit of its streams
  backup  --to DIR          a consistent copy, also while the centre runs
  restore --from DIR        a backup into an empty store; the centre must be stopped
  dead-letters [--limit N]  payloads refused for good, newest first (default: 20)
  export  --signal ID [--signal ID ...] --from TIME --to TIME [--format csv|parquet] --out FILE

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
  format: { type: 'string', default: 'csv' },
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

const COMMANDS: Readonly<Record<string, (values: Values) => Promise<void> | void>> = {
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
  export: async (values) => {
    const { format, signal: signals = [] } = values;
    if (format !== 'csv' && format !== 'parquet')
      throw new StartError('BAD_OPTION', `--format ${format} is not known`, 'csv or parquet');
    if (signals.length === 0)
      throw new StartError('BAD_OPTION', '--signal is missing', 'name at least one signal');
    const range = { from: timeOf(values, 'from'), to: timeOf(values, 'to') };
    const out = required(values, 'out');
    if (existsSync(out))
      throw new StartError('OUT_EXISTS', `${out} is there already`, 'give another name with --out');
    const count = await exportSamples(storeOf(values), {
      signals: signals as SignalId[],
      range,
      format,
      out,
    });
    print(`${count} samples to ${out}`);
  },
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
    const command = COMMANDS[name];
    if (!command) {
      const what = name === '' ? 'A command is missing' : `There is no command "${name}"`;
      throw new StartError('BAD_OPTION', what, `\`${HELP_COMMAND}\` lists them`);
    }
    await command(values);
    return 0;
  } catch (error) {
    return explainEnd(error);
  }
}

process.exitCode = await main(process.argv.slice(2));

/**
 * The historian from the command line:
 *   backup --data DIR --to DIR | restore --from DIR --data DIR | stats --data DIR | dead-letters --data DIR [--limit N]
 *   export --data DIR --signal ID [--signal ID ...] --from TIME --to TIME [--format csv|parquet] --out FILE
 * `--data` is the store's own folder. All but `restore` work while the services run.
 */
import { parseArgs } from 'node:util';
import type { SignalId } from '#domain/asset-path.ts';
import { isoToNs, nsToIso, type TimeNs } from '#domain/time.ts';
import { StartError, messageOf } from '#platform/errors.ts';
import { backupStore, restoreStore } from './embedded/backup.ts';
import { exportSamples, readDeadLetters, readFigures } from './embedded/store-view.ts';

const USAGE = `historian: the embedded store from the command line
  backup        --data DIR --to DIR      a consistent copy, also while the services run
  restore       --from DIR --data DIR    a backup into an empty folder (services stopped)
  stats         --data DIR               what it holds, and the audit of its streams
  dead-letters  --data DIR [--limit N]   payloads refused for good, newest first
  export        --data DIR --signal ID [--signal ID ...] --from TIME --to TIME [--format csv|parquet] --out FILE
`;

const OPTIONS = {
  data: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  out: { type: 'string' },
  format: { type: 'string', default: 'csv' },
  limit: { type: 'string', default: '20' },
  signal: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

type TextOption = 'data' | 'from' | 'to' | 'out';

function required(values: Values, name: TextOption): string {
  const value = values[name];
  if (value !== undefined && value !== '') return value;
  throw new StartError('OPTION_MISSING', `--${name} is missing`, 'historian --help lists the options');
}

function timeOf(values: Values, name: 'from' | 'to'): TimeNs {
  const time = isoToNs(required(values, name));
  if (time !== undefined) return time;
  throw new StartError('BAD_TIME', `--${name} is not a time`, 'write it like 2026-11-22T06:00:00Z');
}

const COMMANDS: Readonly<Record<string, (values: Values) => Promise<void> | void>> = {
  backup: async (values) => {
    const { files, bytes, storeId } = await backupStore(required(values, 'data'), required(values, 'to'));
    print(`backed up store ${storeId}: ${files} files, ${bytes} bytes`);
  },
  restore: async (values) => {
    const { files, bytes, storeId } = await restoreStore(required(values, 'from'), required(values, 'data'));
    print(`restored ${files} files, ${bytes} bytes; the store has the new id ${storeId}`);
  },
  stats: (values) => print(JSON.stringify(readFigures(required(values, 'data')), undefined, 2)),
  'dead-letters': (values) => {
    for (const letter of readDeadLetters(required(values, 'data'), Number(values.limit))) {
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
  export: async (values) => {
    const { format, signal: signals = [] } = values;
    if (format !== 'csv' && format !== 'parquet')
      throw new StartError('BAD_FORMAT', `--format ${format} is not known`, 'csv or parquet');
    if (signals.length === 0)
      throw new StartError('OPTION_MISSING', '--signal is missing', 'name at least one signal');
    const range = { from: timeOf(values, 'from'), to: timeOf(values, 'to') };
    const out = required(values, 'out');
    const count = await exportSamples(required(values, 'data'), {
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
    const command = COMMANDS[positionals[0] ?? ''];
    if (values.help === true || !command) {
      process.stdout.write(USAGE);
      return values.help === true ? 0 : 2;
    }
    await command(values);
    return 0;
  } catch (error) {
    const check = error instanceof StartError && error.check !== '' ? `\nCheck: ${error.check}.` : '';
    process.stderr.write(`${messageOf(error)}${check}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));

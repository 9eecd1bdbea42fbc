/**
 * `npm run verify -- --ledger FILE [--ledger FILE ...] --store DIR`: holds what the simulators produced against what the
 * historian has, sample by sample. Imports nothing of the product. Exit code 1 when anything is lost, doubled, altered or moved.
 */
import { parseArgs } from 'node:util';
import { lostUndeclared, verifyStore, type SignalFinding, type SignalResult } from './verify-store.ts';

const USAGE = `npm run verify -- --ledger FILE [--ledger FILE ...] --store DIR [options]

  --ledger FILE     what the simulators produced (simulators: ledger, or --ledger); several lives, several files
  --store DIR       the historian's folder (var/services/historian), running or not
  --from, --to T    ISO 8601 times: only what was produced between them
  --changes-only    the items report changes only: repeated values need not be there
  --show N          findings to print (default 20)
`;

const { values } = parseArgs({
  options: {
    ledger: { type: 'string', multiple: true },
    store: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    'changes-only': { type: 'boolean', default: false },
    show: { type: 'string', default: '20' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const time = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`"${text}" is not a time such as 2026-11-22T06:00:00Z`);
  return ms;
};

const row = ({
  produced,
  stored,
  equal,
  declared,
  missing,
  doubled,
  altered,
  moved,
  undeclared,
}: SignalResult) => ({
  produced,
  stored,
  equal,
  declared,
  missing,
  doubled,
  altered,
  moved,
  undeclared,
});

const findingLine = ({ kind, signal, key, cause }: SignalFinding): string =>
  `  ${kind.padEnd(10)} ${signal}  ${key}${cause === undefined ? '' : `  (${cause})`}`;

async function main(): Promise<number> {
  if (values.help || values.ledger === undefined || values.store === undefined) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const verification = await verifyStore({
    ledgers: values.ledger,
    store: values.store,
    fromMs: time(values.from),
    toMs: time(values.to),
    changesOnly: values['changes-only'],
  });
  const { total, signals, findings, unwatched, declaredByDrops, rejected, gaps } = verification;
  const machineOf = ({ signal }: SignalResult): string => signal.split('/').slice(0, 2).join('/');
  console.table(
    Object.fromEntries([
      ...[...Map.groupBy(signals, machineOf)].map(([machine, ofMachine]) => [
        machine,
        row(sumRows(ofMachine)),
      ]),
      ['all', row(total)],
    ]),
  );
  const wrong = findings.filter(({ kind }) => kind !== 'declared');
  for (const finding of wrong.slice(0, Number(values.show))) console.log(findingLine(finding));
  if (unwatched.length > 0)
    console.log(`never announced by an agent, so not stored: ${unwatched.join(', ')}`);
  console.log(
    `gap records ${gaps.length}, declared by drop records ${declaredByDrops}, dead letters ${rejected} samples`,
  );
  const lost = lostUndeclared(verification);
  console.log(
    `produced ${total.produced}, stored ${total.equal}, lost undeclared ${lost}, doubled ${total.doubled}, altered ${total.altered}, moved ${total.moved}, never produced ${total.undeclared}`,
  );
  return lost + total.doubled + total.altered + total.moved + total.undeclared === 0 ? 0 : 1;
}

function sumRows(results: readonly SignalResult[]): SignalResult {
  const sum = { ...results[0], signal: '' } as Record<string, number | string>;
  for (const result of results.slice(1))
    for (const [key, value] of Object.entries(result))
      if (typeof value === 'number') sum[key] = Number(sum[key]) + value;
  return sum as unknown as SignalResult;
}

process.exitCode = await main();

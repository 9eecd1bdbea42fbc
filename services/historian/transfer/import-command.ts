import type { Sample } from '#domain/sample.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import { StartError } from '#platform/errors.ts';
import type { CsvMapping } from './csv-samples.ts';
import { importSamples } from './import-samples.ts';
import { IMPORT_COLUMNS, type ImportColumn } from './imported-sample.ts';

const SAY_EVERY_MS = 2_000;

/** `value=Temperature`, as often as needed. @throws StartError */
export function parseMapping(columns: readonly string[], signals: readonly string[]): CsvMapping {
  if (signals.length > 1)
    throw new StartError(
      'BAD_OPTION',
      'an import takes one --signal',
      'leave it out where the file names signals',
    );
  const known = columns.map((text): [ImportColumn, string] => {
    const [name = '', header = ''] = text.split(/=(.*)/s);
    const column = IMPORT_COLUMNS.find((one) => one === name);
    if (column !== undefined && header !== '') return [column, header];
    throw new StartError(
      'BAD_OPTION',
      `--column ${text} tells of no column`,
      `write it like value=Temperature; the names are ${IMPORT_COLUMNS.join(', ')}`,
    );
  });
  return { columns: Object.fromEntries(known), signal: signals[0] };
}

export interface ImportCommand {
  readonly file: string;
  readonly store: SampleStore;
  readonly pages: () => AsyncIterable<readonly Sample[]>;
  readonly print: (line: string) => void;
}

export async function runImport({ print, ...order }: ImportCommand): Promise<void> {
  let saidAt = performance.now();
  const figures = await importSamples({
    ...order,
    onProgress: (samples) => {
      if (performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      print(`${samples} samples`);
    },
  });
  const { samples, stored, newMachines, newSignals } = figures;
  if (newSignals > 0) {
    const made =
      newMachines.length > 0 ? `, and the machines ${newMachines.join(', ')} of kind imported` : '';
    print(`no catalogue had ${newSignals} signals: they are there now${made}`);
  }
  print(
    `${samples} samples of ${order.file}: ${stored} stored, ${samples - stored} not (there already, or too old)`,
  );
}

import type { Sample } from '#domain/sample.ts';
import { StartError } from '#platform/errors.ts';
import { readCsv, type CsvRecord } from './csv-file.ts';
import { BadLine, IMPORT_COLUMNS, importedSample, type ImportColumn } from './imported-sample.ts';

export interface CsvMapping {
  /** Names of columns where they are called otherwise. */
  readonly columns: Readonly<Partial<Record<ImportColumn, string>>>;
  /** The signal of all lines. */
  readonly signal?: string | undefined;
}

/** Bad lines that are told one by one. */
const TOLD_LINES = 20;
const PAGE_ROWS = 5_000;

type Places = Readonly<Record<ImportColumn, number>>;

/** Page by page. @throws StartError that names the lines that cannot be read */
export async function* csvSamples(file: string, mapping: CsvMapping): AsyncGenerator<readonly Sample[]> {
  const bad: string[] = [];
  let count = 0;
  let places: Places | undefined;
  let width = 0;
  let page: Sample[] = [];
  for await (const record of readCsv(file)) {
    if (!places) {
      places = placesOf(file, record, mapping);
      width = record.fields.length;
      continue;
    }
    try {
      page.push(sampleOf(record, width, places, mapping));
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      count += 1;
      if (bad.length < TOLD_LINES) bad.push(`  line ${record.line}: ${error.message}`);
    }
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (count > 0) throw badLines(file, bad, count);
  yield page;
}

function badLines(file: string, bad: readonly string[], count: number): StartError {
  const more = count > bad.length ? `\n  and ${count - bad.length} more` : '';
  return new StartError(
    'IMPORT_BAD_LINES',
    `${count} lines of ${file} cannot be imported, so nothing is:\n${bad.join('\n')}${more}`,
    'those lines; --column value=NAME tells of columns with other names, --signal ID of a file about one signal',
  );
}

function sampleOf({ fields }: CsvRecord, width: number, places: Places, { signal }: CsvMapping): Sample {
  if (fields.length !== width)
    throw new BadLine(`it has ${fields.length} fields, the first line has ${width}`);
  const at = (column: ImportColumn): string | undefined => fields[places[column]];
  return importedSample({
    signal: at('signal') ?? signal,
    sourceTimestamp: at('sourceTimestamp'),
    value: at('value'),
    statusCode: at('statusCode'),
    type: at('type'),
  });
}

/** -1: there is no such column. @throws StartError when one that is needed is missing */
function placesOf(file: string, { fields }: CsvRecord, { columns, signal }: CsvMapping): Places {
  const places = Object.fromEntries(
    IMPORT_COLUMNS.map((column) => [column, fields.indexOf(columns[column] ?? column)]),
  ) as Record<ImportColumn, number>;
  const needed: ImportColumn[] = [
    'sourceTimestamp',
    'value',
    ...(signal === undefined ? (['signal'] as const) : []),
  ];
  const missing = [
    ...needed.filter((column) => places[column] < 0),
    ...IMPORT_COLUMNS.filter((column) => columns[column] !== undefined && places[column] < 0),
  ];
  if (missing.length === 0) return places;
  const names = [...new Set(missing)].map((column) => columns[column] ?? column);
  throw new StartError(
    'IMPORT_NO_COLUMN',
    `line 1 of ${file} names no column ${names.join(', ')}; it names ${fields.map((name) => name ?? '(nothing)').join(', ')}`,
    '--column value=NAME, --column sourceTimestamp=NAME, --signal ID',
  );
}

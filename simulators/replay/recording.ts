import type { ReplayColumn, ReplayMapping } from '#contracts/config/replay-mapping.ts';
import type { ConfigIssue } from '#platform/errors.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { replayMappingSchema } from '#contracts/config/replay-mapping.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { ConfigError, codeOf, messageOf } from '#platform/errors.ts';
import { splitLine, splitLines } from './csv.ts';
import { parseRecordedTime } from './recorded-time.ts';

/** A recording in memory, column by column; row `i` of all of them belongs together. */
export interface Recording {
  readonly mapping: ReplayMapping;
  readonly signals: readonly SignalDefinition[];
  /** Milliseconds since 1970, in the order of the file, which need not be the order of time. */
  readonly timesMs: Float64Array;
  /** 100 ns units below. */
  readonly below: Uint16Array;
  /** One array of values per signal; `null` for an empty cell. */
  readonly columns: readonly (readonly (SignalValue | null)[])[];
}

const MAX_ISSUES = 20;

/**
 * Reads a mapping and its CSV; both must be right to the last cell before anything is served.
 * @throws ConfigError naming lines and columns.
 */
export async function loadRecording(mappingPath: string, file?: string): Promise<Recording> {
  const mapping = await readConfigFile(mappingPath, replayMappingSchema);
  const path = file ?? (mapping.file === undefined ? undefined : resolve(dirname(mappingPath), mapping.file));
  if (path === undefined)
    throw new ConfigError(mappingPath, [
      {
        path: 'file',
        message: 'neither the mapping nor the configuration names a recording; give the path of a CSV',
      },
    ]);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'the file does not exist' : messageOf(error);
    throw new ConfigError(path, [{ path: '', message: `${why}; check the path and its permissions` }]);
  }
  return parseRecording(text, mapping, path);
}

/** @throws ConfigError with the first issues of the file; `source` is how it is named. */
export function parseRecording(text: string, mapping: ReplayMapping, source: string): Recording {
  const [header = '', ...lines] = splitLines(text);
  const names = splitLine(header, mapping.separator).map((name) => name.trim());
  const columns = mapping.columns.filter(({ column, optional }) => names.includes(column) || !optional);
  const issues = missingColumns(mapping, names);
  for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
    if (name === mapping.time.column || columns.some(({ column }) => column === name))
      issues.push({
        path: 'line 1',
        message: `the column "${shown(name)}" is there twice; which one is meant?`,
      });
  if (lines.length === 0) issues.push({ path: 'line 2', message: 'the recording has no rows' });
  if (issues.length > 0) throw new ConfigError(source, issues);

  const timeAt = names.indexOf(mapping.time.column);
  const places = columns.map(({ column }) => names.indexOf(column));
  const timesMs = new Float64Array(lines.length);
  const below = new Uint16Array(lines.length);
  const values = columns.map((): (SignalValue | null)[] => []);
  lines.forEach((line, row) => {
    if (issues.length >= MAX_ISSUES) return;
    const cells = splitLine(line, mapping.separator);
    const at = `line ${row + 2}`;
    const width = otherWidth(cells, names);
    if (width !== undefined) issues.push({ path: at, message: width });
    const time = parseRecordedTime(cells[timeAt] ?? '', mapping.time);
    if (!time)
      issues.push({ path: `${at}, ${mapping.time.column}`, message: notReadable(cells[timeAt], 'a time') });
    timesMs[row] = time?.timeMs ?? 0;
    below[row] = time?.below ?? 0;
    columns.forEach((column, i) => {
      const value = parseCell(cells[places[i] ?? -1] ?? '', column.type, mapping.decimal);
      if (value === undefined)
        issues.push({
          path: `${at}, ${column.column}`,
          message: notReadable(cells[places[i] ?? -1], column.type),
        });
      values[i]?.push(value ?? null);
    });
  });
  if (issues.length > 0) throw new ConfigError(source, issues);
  return { mapping, signals: columns.map(toSignal), timesMs, below, columns: values };
}

function missingColumns(
  { time, columns, separator }: ReplayMapping,
  names: readonly string[],
): ConfigIssue[] {
  const wanted = [time.column, ...columns.filter(({ optional }) => !optional).map(({ column }) => column)];
  return wanted
    .filter((column) => !names.includes(column))
    .map((column) => ({
      path: 'line 1',
      message: `there is no column "${column}" (separator "${separator}"); the file has ${shown(names.join(', '))}`,
    }));
}

/** Of a cell or a name, so much is told. */
const SHOWN_CHARACTERS = 60;

const shown = (text: string): string =>
  text.length <= SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, SHOWN_CHARACTERS)}... (${text.length} characters)`;

const notReadable = (cell: string | undefined, type: string): string =>
  `"${shown(cell ?? '')}" cannot be read as ${type}; correct the cell, or the type in the mapping`;

/** A row with more or fewer cells than the header would be read with its values in other columns, or without some. */
function otherWidth(cells: readonly string[], { length }: readonly string[]): string | undefined {
  if (cells.length === length) return undefined;
  return `it has ${cells.length} cells, the header has ${length}; is the separator, or a quote, inside a value?`;
}

/** `null` for an empty cell, `undefined` for one that is not of the type. */
function parseCell(
  cell: string,
  type: ReplayColumn['type'],
  decimal: '.' | ',',
): SignalValue | null | undefined {
  if (type === 'String') return cell;
  const text = cell.trim();
  if (text === '') return null;
  if (type === 'Boolean') return parseBoolean(text);
  if (type === 'Int64' || type === 'UInt64') return parseLong(text, type);
  const value = Number(decimal === ',' ? text.replace(',', '.') : text);
  if (!Number.isFinite(value)) return undefined;
  if (type === 'Double') return value;
  if (type === 'Float') return Math.fround(value);
  const [low = 0, high = 0] = WHOLE_NUMBERS[type] ?? [];
  return Number.isInteger(value) && value >= low && value <= high ? value : undefined;
}

const WHOLE_NUMBERS: Readonly<Partial<Record<ReplayColumn['type'], readonly [low: number, high: number]>>> = {
  SByte: [-128, 127],
  Byte: [0, 255],
  Int16: [-(2 ** 15), 2 ** 15 - 1],
  UInt16: [0, 2 ** 16 - 1],
  Int32: [-(2 ** 31), 2 ** 31 - 1],
  UInt32: [0, 2 ** 32 - 1],
};

function parseLong(text: string, type: 'Int64' | 'UInt64'): bigint | undefined {
  if (!/^-?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value === (type === 'Int64' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value))
    ? value
    : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  if (/^(true|1(\.0+)?)$/i.test(text)) return true;
  return /^(false|0(\.0+)?)$/i.test(text) ? false : undefined;
}

function toSignal({ path, type, unit, symbol, range, name }: ReplayColumn): SignalDefinition {
  return {
    path,
    dataType: type,
    cadence: 'on-change',
    ...(unit === undefined ? {} : { unit }),
    ...(symbol === undefined ? {} : { unitSymbol: symbol }),
    ...(range === undefined ? {} : { range }),
    ...(name === undefined ? {} : { name }),
  };
}

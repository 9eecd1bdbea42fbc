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
      message: `there is no column "${column}" (separator "${separator}"); the file has ${names.join(', ')}`,
    }));
}

const notReadable = (cell: string | undefined, type: string): string =>
  `"${cell ?? ''}" cannot be read as ${type}; correct the cell, or the type in the mapping`;

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
  if (type === 'Int64' || type === 'UInt64') return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  const value = Number(decimal === ',' ? text.replace(',', '.') : text);
  if (!Number.isFinite(value)) return undefined;
  if (type === 'Double') return value;
  if (type === 'Float') return Math.fround(value);
  return Number.isInteger(value) ? value : undefined;
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

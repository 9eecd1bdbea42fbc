import { createReadStream } from 'node:fs';

export interface CsvRecord {
  /** Of its first line, from 1. */
  readonly line: number;
  /** `undefined`: nothing stood between the commas, not even quotes. */
  readonly fields: readonly (string | undefined)[];
}

/** A record that ends within quotes would take the rest of the file along: it may not be longer. */
const RECORD_LIMIT = 4_000_000;

/** Records of a CSV file (RFC 4180; line ends may be LF alone). A quote that never closes ends as one record with the rest. */
export async function* readCsv(file: string, chunkBytes = 256 * 1024): AsyncGenerator<CsvRecord> {
  const input = createReadStream(file, { encoding: 'utf8', highWaterMark: chunkBytes });
  let rest = '';
  let line = 1;
  let isFirst = true;
  for await (const chunk of input) {
    rest += isFirst ? String(chunk).replace(/^\uFEFF/, '') : String(chunk);
    isFirst = false;
    const { records, used } = cut(rest, line, rest.length > RECORD_LIMIT);
    for (const record of records) yield record.record;
    line = records.at(-1)?.nextLine ?? line;
    rest = rest.slice(used);
  }
  if (rest !== '') for (const { record } of cut(`${rest}\n`, line, true).records) yield record;
}

interface Cut {
  readonly records: readonly { readonly record: CsvRecord; readonly nextLine: number }[];
  /** Characters of whole records. */
  readonly used: number;
}

/** All whole records of `text`; with `force` an open quote closes at its end. */
function cut(text: string, firstLine: number, force: boolean): Cut {
  const records: { record: CsvRecord; nextLine: number }[] = [];
  let used = 0;
  for (let line = firstLine; used < text.length;) {
    const found = recordAt(text, used, force);
    if (!found) break;
    const nextLine = line + found.lines;
    if (found.fields.length > 1 || found.fields[0] !== undefined)
      records.push({ record: { line, fields: found.fields }, nextLine });
    used = found.end;
    line = nextLine;
  }
  return { records, used };
}

interface Found {
  readonly fields: (string | undefined)[];
  readonly end: number;
  readonly lines: number;
}

function recordAt(text: string, from: number, force: boolean): Found | undefined {
  const fields: (string | undefined)[] = [];
  for (let at = from; ;) {
    const field = text[at] === '"' ? quotedAt(text, at, force) : plainAt(text, at);
    if (!field) return undefined;
    fields.push(field.value);
    const next = text[field.end];
    at = field.end + 1;
    if (next === ',') continue;
    const end = next === '\r' && text[at] === '\n' ? at + 1 : at;
    return { fields, end, lines: countLines(text, from, end) };
  }
}

interface Field {
  readonly value: string | undefined;
  /** Of the comma or line end behind it. */
  readonly end: number;
}

function plainAt(text: string, from: number): Field | undefined {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1;
  // A line end may have been cut in two.
  if (end >= text.length - (text[end] === '\r' ? 1 : 0)) return undefined;
  return { value: end === from ? undefined : text.slice(from, end), end };
}

function quotedAt(text: string, from: number, force: boolean): Field | undefined {
  let value = '';
  for (let at = from + 1; ;) {
    const close = text.indexOf('"', at);
    if (close < 0) return force ? { value: value + text.slice(at), end: text.length - 1 } : undefined;
    value += text.slice(at, close);
    if (close + 1 >= text.length || (text[close + 1] === '\r' && close + 2 >= text.length)) return undefined;
    if (text[close + 1] === '"') {
      value += '"';
      at = close + 2;
      continue;
    }
    const tail = plainAt(text, close + 1);
    return tail && { value: value + (tail.value ?? ''), end: tail.end };
  }
}

function countLines(text: string, from: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

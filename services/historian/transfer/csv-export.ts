import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SignalId } from '#domain/asset-path.ts';
import { samplePages } from '#domain/sample-pages.ts';
import type { SampleStore, TimeRange } from '#domain/sample-store.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import { StartError } from '#platform/errors.ts';
import { nsToIso } from '#domain/time.ts';
import { valueTypeOf } from '#domain/value-type.ts';

const CSV_HEAD = 'signal,sourceTimestamp,value,statusCode,type\n';

/** RFC 4180, 2.6 and 2.7. */
const quoted = (text: string): string =>
  text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function csvLine({ signal, sourceTimestamp, value, statusCode }: Sample): string {
  return `${quoted(signal)},${nsToIso(sourceTimestamp)},${textOf(value)},${statusCode},${valueTypeOf(value)}\n`;
}

function textOf(value: SampleValue): string {
  if (value === null) return '';
  if (Object.is(value, -0)) return '-0';
  if (value instanceof Uint8Array) return quoted(Buffer.from(value).toString('base64'));
  return quoted(typeof value === 'object' ? value.json : String(value));
}

export interface ExportWish {
  /** None: all. */
  readonly signals: readonly SignalId[];
  readonly range: TimeRange;
  readonly out: string;
  /** Absent: CSV. */
  readonly writeParquet?:
    ((pages: AsyncIterable<readonly Sample[]>, file: string) => Promise<void>) | undefined;
}

/** A file of any store's samples, signal after signal; answers their number. @throws StartError */
export async function exportFrom(store: SampleStore, wish: ExportWish): Promise<number> {
  const { signals, range, out, writeParquet } = wish;
  const all = store.machines().flatMap((machine) => machine.signals.map(({ id }) => id));
  const wanted = signals.length === 0 ? all : signals;
  const unknown = wanted.find((id) => store.signalNo(id) === undefined);
  if (unknown !== undefined)
    throw new StartError(
      'UNKNOWN_SIGNAL',
      `the store has no signal ${unknown}`,
      'ids look like brest/cnc-01/Spindle/Load',
    );
  let count = 0;
  const pages = async function* (): AsyncGenerator<readonly Sample[]> {
    for (const signal of wanted.toSorted())
      for await (const page of samplePages(store, signal, range)) {
        count += page.length;
        yield page;
      }
  };
  if (writeParquet) await writeParquet(pages(), out);
  else await pipeline(Readable.from(linesOf(pages())), createWriteStream(out, { flags: 'wx' }));
  return count;
}

async function* linesOf(pages: AsyncIterable<readonly Sample[]>): AsyncGenerator<string> {
  yield CSV_HEAD;
  for await (const page of pages) yield page.map(csvLine).join('');
}

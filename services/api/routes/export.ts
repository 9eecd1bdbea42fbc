import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { exportRoute } from '#contracts/api/samples.ts';
import type { SignalId } from '#domain/asset-path.ts';
import { samplePages } from '#domain/sample-pages.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import type { SampleStore, TimeRange } from '#domain/sample-store.ts';
import { valueTypeOf } from '#domain/value-type.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import { Answer, type RouteTable } from '../route-table.ts';
import { endWhenStalled } from '../wire/end-when-stalled.ts';
import { IsoTimeWriter } from '../wire/iso-time.ts';
import { toWireValue } from '#contracts/api/json-value.ts';
import { rangeOf, requireSignals } from './time-range.ts';

export function addExportRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(exportRoute, async ({ query }) => {
    const range = rangeOf(query, context.clock);
    requireSignals(context.store, query.signal);
    const release = await context.exports.enter();
    if (query.format === 'parquet') {
      return parquetAnswer(context, samplesOf(context.store, query.signal, range)).finally(release);
    }
    const body = Readable.from(csvOf(context.store, query.signal, range), { objectMode: false });
    body.once('close', release);
    endWhenStalled(body, context.stalledExportMs);
    return new Answer(body, {
      mediaType: 'text/csv; charset=utf-8; header=present',
      headers: { 'content-disposition': 'attachment; filename="samples.csv"' },
    });
  });
}

/** The file is made first and then sent: Parquet's index is at its end, and a failure is a problem, not half a file. */
async function parquetAnswer(
  { writeParquet, stalledExportMs }: ApiContext,
  pages: AsyncIterable<readonly Sample[]>,
): Promise<Answer> {
  if (!writeParquet) throw new ApiProblem('BAD_PARAMETER', 'This server offers CSV only.');
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'samples.parquet');
  try {
    await writeParquet(pages, file);
  } catch (error) {
    await remove();
    throw error;
  }
  const body = createReadStream(file);
  body.once('close', () => void remove());
  endWhenStalled(body, stalledExportMs);
  return new Answer(body, {
    mediaType: 'application/vnd.apache.parquet',
    headers: { 'content-disposition': 'attachment; filename="samples.parquet"' },
  });
}

async function* samplesOf(
  store: SampleStore,
  signals: readonly SignalId[],
  range: TimeRange,
): AsyncGenerator<readonly Sample[]> {
  for (const signal of signals) yield* samplePages(store, signal, range);
}

async function* csvOf(
  store: SampleStore,
  signals: readonly SignalId[],
  range: TimeRange,
): AsyncGenerator<string> {
  yield 'signal,sourceTimestamp,value,statusCode,type\r\n';
  const times = new IsoTimeWriter();
  for (const signal of signals) {
    const name = csvField(signal);
    for await (const page of samplePages(store, signal, range)) {
      let text = '';
      for (const { sourceTimestamp, value, statusCode } of page) {
        text += `${name},${times.write(sourceTimestamp)},${csvValue(value)},${statusCode},${valueTypeOf(value)}\r\n`;
      }
      if (text !== '') yield text;
    }
  }
}

function csvValue(value: SampleValue): string {
  if (value === null) return '';
  if (Object.is(value, -0)) return '-0';
  return csvField(String(toWireValue(value)));
}

/** RFC 4180, 2.6 and 2.7. */
const csvField = (text: string): string =>
  text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

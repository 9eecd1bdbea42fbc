import { Point, escape } from '@influxdata/influxdb-client';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import { lineOf, orderOf, seriesOf, tagText, tagValueOf, textFields, timeText } from './line-protocol.ts';

const SERIES = seriesOf('pump-loop', 'brest/m-1/Flow');

function lineFor(value: SampleValue, status = 0, flags = 0): string {
  const batch = createSampleBatch(1);
  setValue(batch, 0, value);
  batch.statusCode[0] = status;
  batch.flags[0] = flags;
  return lineOf(batch, 0, { series: SERIES, order: '17', timeMs: 1_790_000_000_000, belowMsNs: 1 });
}

/** Reads a line as InfluxDB 1.x does (models/points.go): what is escaped where, what ends what. */
function parseLine(line: string): { series: string[]; fields: string[]; time: string } {
  const parts: string[][] = [[''], ['']];
  let place = 0;
  let quoted = false;
  let i = 0;
  for (; i < line.length; i += 1) {
    const char = line[i] ?? '';
    const list = parts[place] ?? [];
    const escaped = place === 0 ? ', =' : '"\\';
    if (char === '\\' && escaped.includes(line[i + 1] ?? '\n') && (place === 0 || quoted)) {
      i += 1;
      list[list.length - 1] += `\\${line[i] ?? ''}`;
      continue;
    }
    if (place === 1 && char === '"') quoted = !quoted;
    if (!quoted && char === ',') list.push('');
    else if (!quoted && char === ' ') {
      place += 1;
      if (place === 2) break;
    } else list[list.length - 1] += char;
  }
  return { series: parts[0] ?? [], fields: parts[1] ?? [], time: line.slice(i + 1) };
}

describe('line protocol', () => {
  it('writes what the schema says', () => {
    const rest = ',seq=17i 1790000000000000001';
    expect(lineFor(1.5)).toBe(`pump-loop,machine=m-1,signal=Flow,site=brest value=1.5${rest}`);
    const fields = (value: SampleValue, status?: number, flags?: number): string =>
      lineFor(value, status, flags).slice(SERIES.length + 1);
    expect(fields(-0)).toBe(`value=-0${rest}`);
    expect(fields(NaN)).toBe(`type="NaN"${rest}`);
    expect(fields(true)).toBe(`bool=true,value=1${rest}`);
    expect(fields(5n)).toBe(`value=5${rest}`);
    expect(fields(2n ** 63n - 1n)).toBe(`value=9223372036854776000,int=9223372036854775807i${rest}`);
    expect(fields(2n ** 64n - 1n)).toBe(
      `value=18446744073709552000,text="18446744073709551615",type="uint64"${rest}`,
    );
    expect(fields('a "b" \\')).toBe(`text="a \\"b\\" \\\\"${rest}`);
    expect(fields(null, 0x80310000)).toBe(`type="null",status=2150694912i${rest}`);
    expect(fields(5, 0x40000000, 2)).toBe(`uncertain=5,status=1073741824i,flags=2i${rest}`);
    expect(fields(5, 0, 1)).toBe(`value=5,flags=1i,seq=17i,seqh=17i 1790000000000000001`);
    expect(orderOf(2, 5)).toBe(2n ** 45n + 5n);
  });

  it('agrees with the client library for any number and time', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.bigInt(1n, 2n ** 62n),
        (value, time) => {
          if (Object.is(value, -0)) return;
          const point = new Point('pump-loop')
            .tag('machine', 'm-1')
            .tag('signal', 'Flow')
            .tag('site', 'brest')
            .floatField('value', value)
            .intField('seq', 17)
            .timestamp(String(time));
          const batch = createSampleBatch(1);
          setValue(batch, 0, value);
          const line = lineOf(batch, 0, {
            series: SERIES,
            order: '17',
            timeMs: Number(time / 1_000_000n),
            belowMsNs: Number(time % 1_000_000n),
          });
          // The library sorts fields by their names.
          expect(line.replace(/ (value=[^,]+),(seq=17i) /, ' $2,$1 ')).toBe(point.toLineProtocol());
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never lets an id or a text out of its place (fuzz)', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom(',', '=', ' ', '"', '\\', '%', '5', 'C', '2', "'", 'é', '🏭'),
        fc.string({ unit: 'grapheme', maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 30,
    });
    const path = nasty.map((text) => text.replace(/[+#/\u0000-\u001f\u007f]/g, '_').trim() || 'x');
    fc.assert(
      fc.property(path, nasty, nasty, (signal, kind, text) => {
        const name = kind.replace(/[\u0000-\u001f\u007f]/g, '_');
        const series = seriesOf(name, `brest/m-1/${signal}`);
        const line = `${series} ${textFields(text)},seq=17i 5`;
        const read = parseLine(line);
        expect(read.time).toBe('5');
        expect(read.series.slice(1)).toEqual([
          'machine=m-1',
          `signal=${escape.tag(tagText(signal))}`,
          'site=brest',
        ]);
        expect(read.series[0]).toBe(escape.measurement(tagText(name)));
        expect(read.fields.length).toBe(2);
        expect(read.fields[0]).toBe(`text=${escape.quoted(text)}`);
        expect(tagValueOf(tagText(signal))).toBe(signal);
        // A backslash before the end or a separator could not be told from an escape.
        expect(tagText(signal)).not.toContain('\\');
      }),
      { numRuns: 2_000 },
    );
  });

  it('cuts long texts between characters, and none of them away', () => {
    const text = `${'x'.repeat(15_999)}🏭${'y'.repeat(20_000)}`;
    const parts = [...textFields(text).matchAll(/text\d*="([^"]*)"/g)].map(([, part]) => part ?? '');
    expect(parts.join('')).toBe(text);
    expect(parts.every((part) => !/[\uD800-\uDBFF]$/.test(part))).toBe(true);
    expect(timeText(-1, 999_999)).toBe('-1');
    expect(timeText(0, 0)).toBe('0');
  });
});

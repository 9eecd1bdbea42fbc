import { expect, test } from 'vitest';
import { parseRecordedTime } from './recorded-time.ts';

const parse = (text: string, zone = 'UTC', format: 'text' | 'unix-s' | 'unix-ms' = 'text') => {
  const time = parseRecordedTime(text, { column: 't', format, zone });
  return time && [new Date(time.timeMs).toISOString(), time.below];
};

test.each([
  ['2020-02-08 13:30:47', 'UTC', '2020-02-08T13:30:47.000Z', 0],
  ['2020-02-08T13:30:47.1234567', 'UTC', '2020-02-08T13:30:47.123Z', 4567],
  ['2020-02-08 13:30:47Z', 'Europe/Minsk', '2020-02-08T13:30:47.000Z', 0],
  ['2020-02-08 13:30:47+03:00', 'UTC', '2020-02-08T10:30:47.000Z', 0],
  ['2020-02-08 13:30', 'Europe/Minsk', '2020-02-08T10:30:00.000Z', 0],
  ['2026-03-29 01:59:59', 'Europe/Warsaw', '2026-03-29T00:59:59.000Z', 0],
  ['2026-03-29 03:00:00', 'Europe/Warsaw', '2026-03-29T01:00:00.000Z', 0],
  ['2026-10-25 01:59:59', 'Europe/Warsaw', '2026-10-24T23:59:59.000Z', 0],
  ['2026-10-25 02:30:00', 'Europe/Warsaw', '2026-10-25T00:30:00.000Z', 0],
  ['2026-10-25 03:00:00', 'Europe/Warsaw', '2026-10-25T02:00:00.000Z', 0],
])('%s in %s is %s', (text, zone, iso, below) => {
  expect(parse(text, zone)).toEqual([iso, below]);
});

test('numbers since 1970, seconds or milliseconds, with decimals and before 1970', () => {
  expect(parse('1581168647.1234567', 'UTC', 'unix-s')).toEqual(['2020-02-08T13:30:47.123Z', 4567]);
  expect(parse('1581168647123.4', 'UTC', 'unix-ms')).toEqual(['2020-02-08T13:30:47.123Z', 4000]);
  expect(parse('-0.0001', 'UTC', 'unix-s')).toEqual(['1969-12-31T23:59:59.999Z', 9000]);
});

test.each(['', 'yesterday', '2020-02-30 10:00:00', '2020-02-08 25:00:00', '08.02.2020 13:30'])(
  '%j is no time',
  (text) => expect(parse(text)).toBeUndefined(),
);

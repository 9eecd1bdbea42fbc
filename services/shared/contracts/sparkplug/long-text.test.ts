import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compressedName, textFrom, textMetric } from './long-text.ts';
import { DataType, type Metric } from './payload.ts';

const readBack = (metric: Metric): string | undefined =>
  textFrom('Stream/Body', (name) => (name === metric.name ? metric : undefined));

it('a short text goes as it is, a long one compressed, and both come back', () => {
  const short = textMetric('Stream/Body', 'Фреза 工');
  expect(short).toMatchObject({ name: 'Stream/Body', value: 'Фреза 工' });
  const text = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => ({ path: `Шпиндель/Load ${i}` })));
  const long = textMetric('Stream/Body', text);
  expect(long.name).toBe(compressedName('Stream/Body'));
  expect((long.value as Uint8Array).length).toBeLessThan(text.length / 5);
  expect([readBack(short), readBack(long)]).toEqual(['Фреза 工', text]);
});

it('what cannot be unpacked, or would unpack to more than any catalogue needs, is malformed', () => {
  const bytes = (value: Uint8Array): Metric => ({
    name: compressedName('Stream/Body'),
    datatype: DataType.bytes,
    value,
  });
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
  for (const value of [Uint8Array.of(1, 2, 3), bomb, gzipSync('whole').subarray(0, 12)])
    expect(() => readBack(bytes(value))).toThrow(expect.objectContaining({ code: 'SPARKPLUG_MALFORMED' }));
  expect(textFrom('Stream/Body', () => undefined)).toBeUndefined();
});

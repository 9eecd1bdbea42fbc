import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { replayMappingSchema } from '#contracts/config/replay-mapping.ts';
import { ConfigError } from '#platform/errors.ts';
import { makeRecording, RECORDING_PATH } from './make-recording.ts';
import { loadRecording, parseRecording } from './recording.ts';

const mapping = replayMappingSchema.parse({
  id: 'x',
  kind: 'generic',
  name: { en: 'X' },
  separator: ';',
  decimal: ',',
  time: { column: 't', zone: 'Europe/Minsk' },
  columns: [
    { column: 'a', path: 'A' },
    { column: 'n', path: 'N', type: 'Int64' },
    { column: 'b', path: 'B', type: 'Boolean', optional: true },
    { column: 's', path: 'S', type: 'String' },
  ],
});

test('cells become values of their type; an empty one is no value', () => {
  const text =
    't;a;n;s\r\n2026-01-05 08:00:00;1,5;9007199254740993;"x;""y"""\r\n2026-01-05 08:00:01.5;;-1;\r\n';
  const recording = parseRecording(text, mapping, 'x.csv');
  expect(recording.signals.map(({ path }) => path)).toEqual(['A', 'N', 'S']);
  expect([...recording.timesMs]).toEqual([Date.UTC(2026, 0, 5, 5), Date.UTC(2026, 0, 5, 5, 0, 1, 500)]);
  expect(recording.columns).toEqual([
    [1.5, null],
    [9007199254740993n, -1n],
    ['x;"y"', ''],
  ]);
});

test('every bad cell is named with its line, all at once', () => {
  const text = 't;a;n;b;s\nyesterday;1;2;1;\n2026-01-05 08:00:00;one;2.5;maybe;\n';
  expect(() => parseRecording(text, mapping, 'x.csv')).toThrow(ConfigError);
  try {
    parseRecording(text, mapping, 'x.csv');
  } catch (error) {
    expect((error as ConfigError).issues.map(({ path }) => path)).toEqual([
      'line 2, t',
      'line 3, a',
      'line 3, n',
      'line 3, b',
    ]);
  }
});

test('a row that is wider or narrower than the header, or a column that is there twice, is refused', () => {
  const issuesOf = (text: string): readonly string[] => {
    try {
      parseRecording(text, mapping, 'x.csv');
      return [];
    } catch (error) {
      return (error as ConfigError).issues.map(({ path, message }) => `${path}: ${message}`);
    }
  };
  const header = 't;a;n;s\n';
  expect(issuesOf(`${header}2026-01-05 08:00:00;1;5;2;x\n2026-01-05 08:00:01;1\n`)).toEqual([
    expect.stringMatching(/^line 2: it has 5 cells, the header has 4/),
    expect.stringMatching(/^line 3: it has 2 cells, the header has 4/),
  ]);
  expect(issuesOf('t;a;a;n;s\n2026-01-05 08:00:00;1;2;3;x\n')).toEqual([
    'line 1: the column "a" is there twice; which one is meant?',
  ]);
  const [tooLong = ''] = issuesOf(`${header}2026-01-05 08:00:00;${'1x'.repeat(1e6)};2;x\n`);
  expect(tooLong.length).toBeLessThan(200);
  expect(issuesOf(`${header}2026-01-05 08:00:00;1;9223372036854775808;x\n`)).toHaveLength(1);
});

test('a missing column is named together with those that are there', () => {
  expect(() => parseRecording('t;a\n2026-01-05 08:00:00;1\n', mapping, 'x.csv')).toThrow(
    /no column "n" \(separator ";"\); the file has t, a[^]*no column "s"/,
  );
});

test('the committed recording is what the pump simulator makes, and has what real ones have', async () => {
  const text = await readFile(RECORDING_PATH, 'utf8');
  expect(text === makeRecording(), 'run: node simulators/replay/make-recording.ts').toBe(true);
  expect(text.length).toBeLessThanOrEqual(300_000);
  const { timesMs, columns } = await loadRecording('simulators/replay/mappings/pump-loop.yaml');
  const steps = [...timesMs].slice(1).map((time, i) => time - timesMs[i]!);
  expect(steps.filter((step) => step < 0)).toHaveLength(1);
  expect(steps.filter((step) => step === 0).length).toBeGreaterThan(10);
  expect(Math.max(...steps)).toBeGreaterThan(100_000);
  const equalRows = steps.filter(
    (step, i) => step === 0 && columns.every((column) => column[i] === column[i + 1]),
  );
  expect(equalRows.length).toBeGreaterThan(3);
  const pressure = columns[1]!;
  expect(pressure.filter((value, i) => value === pressure[i + 1]).length).toBeGreaterThan(20);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readCsv, type CsvRecord } from './csv-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'csv-'));
const file = path.join(folder, 'a.csv');
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string, chunkBytes?: number): Promise<CsvRecord[]> {
  writeFileSync(file, text);
  const records: CsvRecord[] = [];
  for await (const record of readCsv(file, chunkBytes)) records.push(record);
  return records;
}

test('counts lines, tells nothing from an empty text, and skips empty lines', async () => {
  expect(await read('\uFEFFa,b\r\n1,\n\n"x\ny",""\n"he said ""no""",2')).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 2, fields: ['1', undefined] },
    { line: 4, fields: ['x\ny', ''] },
    { line: 6, fields: ['he said "no"', '2'] },
  ]);
});

test('ends where a quote never closes', async () => {
  const records = await read('a\n"b,c\nd,e\n');
  expect(records[0]).toEqual({ line: 1, fields: ['a'] });
  expect(records[1]?.line).toBe(2);
});

test('reads back any fields, wherever the file is cut into pieces (property)', async () => {
  const field = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.stringMatching(/^[",\r\n a]{1,6}$/),
    fc.constant(undefined),
    fc.constant(''),
  );
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 40 }),
      async (all, end, chunkBytes) => {
        const text = all
          .map(
            (fields) =>
              fields.map((one) => (one === undefined ? '' : `"${one.replaceAll('"', '""')}"`)).join(',') +
              end,
          )
          .join('');
        expect((await read(text, chunkBytes)).map(({ fields }) => fields)).toEqual(all);
      },
    ),
    { numRuns: 100 },
  );
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Physical, type ColumnData, type ColumnSpec } from './column-chunk.ts';
import { ParquetFile } from './parquet-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'parquet-'));
let duck: DuckDBConnection;
/** DuckDB keeps what it read of a path: each file has one of its own. */
let path = '';
let files = 0;

beforeAll(async () => {
  duck = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => {
  duck.closeSync();
  rmSync(dir, { recursive: true });
});

const words32 = (values: readonly number[]): ColumnData => ({
  values: new Uint32Array(Int32Array.from(values).buffer),
  count: values.length,
});
const words64 = (values: readonly bigint[]): ColumnData => ({
  values: new Uint32Array(BigInt64Array.from(values).buffer),
  count: values.length,
});
const doubles = (values: readonly number[]): ColumnData => ({
  values: new Uint32Array(Float64Array.from(values).buffer),
  count: values.length,
});

/** Writes one column in row groups, and reads it by DuckDB: an implementation that knows nothing of ours. */
async function through(spec: Omit<ColumnSpec, 'name'>, groups: readonly ColumnData[]): Promise<unknown[]> {
  path = join(dir, `${(files += 1)}.parquet`);
  const options = { columns: [{ name: 'c', ...spec }], metadata: { format: '1' }, createdBy: 'test' };
  const file = new ParquetFile(path, options);
  for (const data of groups) file.addRowGroup(data.present?.length ?? data.count, [data]);
  file.finish();
  file.close();
  const result = await duck.runAndReadAll(`SELECT c FROM read_parquet('${path}')`);
  return result.getColumns()[0] ?? [];
}

/** A generator of its own: the values of a failing test are the same at the next run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const many = <Value>(count: number, make: (i: number) => Value): Value[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('ParquetFile', () => {
  const random = numbers(7);
  const cases32: Record<string, number[]> = {
    'one value': [-7],
    'long runs': many(10_000, (i) => Math.floor(i / 900)),
    'runs and singles by turns': many(5_000, (i) => (i % 60 < 37 ? 5 : i % 11)),
    'every width of dictionary': many(30_000, (i) => Math.floor(random() * 2 ** (i % 15))),
    'steps, too many for a dictionary': many(60_000, (i) => i * 3 - 90_000),
    'anything at all': many(60_000, () => Math.floor(random() * 2 ** 32) | 0),
    'largest steps': [2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, 0, -(2 ** 31)],
  };
  it.each(Object.entries(cases32))('keeps int32: %s', async (_name, values) => {
    expect(await through({ physical: Physical.int32 }, [words32(values)])).toEqual(values);
  });

  const now = 1_795_000_000_000_000_000n;
  const cases64: Record<string, bigint[]> = {
    'times of many signals, each from the start': many(
      70_000,
      (i) => now + BigInt(i % 700) * 100_000_000n + BigInt(Math.floor(random() * 1e6)),
    ),
    'times that all signals share': many(70_000, (i) => now + BigInt(i % 700) * 100_000_000n),
    'differences beyond 53 bits': [2n ** 63n - 1n, -(2n ** 63n), 0n, 2n ** 62n, -1n, ...many(200, BigInt)],
    'differences of every width': many(20_000, (i) => now + BigInt(Math.floor(random() * 2 ** (i % 51)))),
    'a block and its neighbours': many(129, (i) => BigInt(i * i)),
  };
  it.each(Object.entries(cases64))('keeps int64: %s', async (_name, values) => {
    for (const count of [values.length, Math.min(values.length, 128), 2])
      expect(await through({ physical: Physical.int64 }, [words64(values.slice(0, count))])).toEqual(
        values.slice(0, count),
      );
  });

  it('keeps doubles to the last bit, noise and few values alike', async () => {
    const noise = many(50_000, () => random() - 0.5);
    const few = many(50_000, () => Math.round(random() * 500) / 100);
    const odd = [NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 0.1, -0];
    for (const values of [noise, few, odd])
      expect(await through({ physical: Physical.double }, [doubles(values)])).toEqual(values);
  });

  it('keeps values where some rows have none, all or no rows too', async () => {
    for (const isPresent of [(i: number) => i % 3 > 0, (i: number) => i > 400, () => true, () => false]) {
      const expected = many(1000, (i) => (isPresent(i) ? i / 8 : null));
      const present = Uint8Array.from(expected, (value) => Number(value !== null));
      const data = { ...doubles(expected.filter((value) => value !== null)), present };
      expect(await through({ physical: Physical.double, optional: true }, [data])).toEqual(expected);
    }
  });

  it('keeps texts and bytes, few and many distinct ones', async () => {
    const encoder = new TextEncoder();
    for (const distinct of [3, 45_000]) {
      const texts = many(45_000, (i) => `\u0421\u0442\u0430\u043D \u{1F3ED} ${i % distinct}`);
      const data = { values: texts.map((text) => encoder.encode(text)), count: texts.length };
      expect(await through({ physical: Physical.bytes, converted: 0 }, [data])).toEqual(texts);
    }
    const blob = Uint8Array.of(0, 255, 128);
    const bytes = { values: [blob, new Uint8Array(), blob], count: 3 };
    const read = (await through({ physical: Physical.bytes }, [bytes])) as { bytes: Uint8Array }[];
    expect(read.map((value) => [...value.bytes])).toEqual([[0, 255, 128], [], [0, 255, 128]]);
  });

  it('goes on where the first row group chose an encoding that a later one does not fit', async () => {
    const first = many(1000, (i) => BigInt(i % 5));
    const second = many(90_000, () => BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 52)) << 11n));
    expect(
      await through({ physical: Physical.int64 }, [words64(first), words64(second), words64(first)]),
    ).toEqual([...first, ...second, ...first]);
  });

  it('tells the bounds of each row group', async () => {
    const spec = { physical: Physical.int64, bounds: true };
    await through(spec, [words64([5n, -3n, 9n]), words64([100n, 70n])]);
    const sql = `SELECT stats_min_value, stats_max_value, row_group_num_rows FROM parquet_metadata('${path}')`;
    const result = await duck.runAndReadAll(sql);
    expect(result.getRows()).toEqual([
      ['-3', '9', 3n],
      ['70', '100', 2n],
    ]);
    const found = await duck.runAndReadAll(`SELECT c FROM read_parquet('${path}') WHERE c > 60`);
    expect(found.getRows()).toEqual([[100n], [70n]]);
  });
});

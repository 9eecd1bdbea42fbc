import { StatusCodes } from 'node-opcua-client';
import { expect, test } from 'vitest';
import { inChunks } from './limits.ts';

const refusal = (statusCode: unknown): Error => Object.assign(new Error('refused'), { statusCode });
const numbers = (count: number): number[] => Array.from({ length: count }, (_none, i) => i);

test('chunks keep the order and the limit', async () => {
  const sizes: number[] = [];
  const results = await inChunks(
    numbers(2_300),
    1_000,
    async (chunk) => {
      sizes.push(chunk.length);
      return chunk.map((n) => n * 2);
    },
    () => -1,
  );
  expect(sizes).toEqual([1_000, 1_000, 300]);
  expect(results).toEqual(numbers(2_300).map((n) => n * 2));
});

test('one poison node in 10,000 stands alone in the end; the cost is logarithmic', async () => {
  let requests = 0;
  const results = await inChunks(
    numbers(10_000),
    1_000,
    async (chunk) => {
      requests += 1;
      if (chunk.includes(4_321)) throw refusal(StatusCodes.BadDecodingError);
      return chunk;
    },
    () => -1,
  );
  expect(results.filter((n) => n === -1)).toHaveLength(1);
  expect(results[4_321]).toBe(-1);
  expect(results[4_322]).toBe(4_322);
  expect(requests).toBeLessThan(35);
});

test('a limit that was found to lie is kept for the rest', async () => {
  const sizes: number[] = [];
  await inChunks(
    numbers(400),
    200,
    async (chunk) => {
      sizes.push(chunk.length);
      if (chunk.length > 50) throw refusal(StatusCodes.BadTooManyOperations);
      return chunk;
    },
    () => -1,
  );
  expect(sizes.slice(-4)).toEqual([50, 50, 50, 50]);
});

test('fewer answers than questions: the rest is asked again, in smaller requests', async () => {
  const sizes: number[] = [];
  const results = await inChunks(
    numbers(250),
    100,
    async (chunk) => {
      sizes.push(chunk.length);
      return chunk.slice(0, 40);
    },
    () => -1,
  );
  expect(results).toEqual(numbers(250));
  expect(Math.max(...sizes.slice(2))).toBeLessThanOrEqual(60);
});

test('what is not the fault of the items is thrown', async () => {
  await expect(
    inChunks(
      numbers(4),
      2,
      () => Promise.reject(refusal(StatusCodes.BadSessionIdInvalid)),
      () => -1,
    ),
  ).rejects.toThrow('refused');
});

import { expect, test } from 'vitest';
import { RecordTimesBook } from './record-times.ts';

const A = { agent: 'brest/edge-1', epoch: 'a'.repeat(16) };
const B = { agent: 'brest/edge-2', epoch: 'b'.repeat(16) };
const times = (receivedAtMs: number) => ({
  serverTimeMs: undefined,
  journaledAtMs: receivedAtMs - 2,
  publishedAtMs: receivedAtMs - 1,
  receivedAtMs,
  samples: 3,
  payloadBytes: 120,
});

test('finds a record by stream and sequence, and when it was durable', () => {
  const book = new RecordTimesBook(8);
  const number = book.note(A, 7, times(100));
  book.note(B, 7, times(200));
  expect(book.find(A, 7)).toEqual({ ...times(100), committedAtMs: undefined });
  book.committed(number, 104);
  expect(book.find(A, 7)).toMatchObject({ receivedAtMs: 100, committedAtMs: 104, serverTimeMs: undefined });
  expect(book.find(B, 7)?.receivedAtMs).toBe(200);
  expect(book.find(A, 8)).toBeUndefined();
  expect(book.find({ ...A, epoch: 'c'.repeat(16) }, 7)).toBeUndefined();
});

test('of a record that came twice the delivery that was stored counts', () => {
  const book = new RecordTimesBook(8);
  book.committed(book.note(A, 7, times(100)), 104);
  book.note(A, 7, times(900));
  expect(book.find(A, 7)?.receivedAtMs).toBe(100);
});

test('forgets the oldest, and a commit that comes too late touches nobody else', () => {
  const book = new RecordTimesBook(4);
  const first = book.note(A, 1, times(100));
  for (let sequence = 2; sequence <= 5; sequence += 1) book.note(A, sequence, times(100 * sequence));
  book.committed(first, 999);
  expect(book.find(A, 1)).toBeUndefined();
  expect(book.find(A, 5)?.committedAtMs).toBeUndefined();
  expect(book.find(A, 2)?.receivedAtMs).toBe(200);
});

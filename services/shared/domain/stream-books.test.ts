import { expect, it } from 'vitest';
import type { StreamAudit } from './sample-store.ts';
import { booksOf } from './stream-books.ts';

const audit = (change: Partial<StreamAudit>): StreamAudit => ({
  stream: { agent: 'brest/edge-1', epoch: '00000000000000a1' },
  epochNumber: 1,
  received: [[1, 10]],
  cut: { sequence: 8, produced: 100, discarded: 5 },
  storedAtCut: 90,
  stored: 120,
  rejectedAtCut: 2,
  rejected: 2,
  declaredLostAtCut: 3,
  declaredLost: 3,
  lostAcrossCut: 0,
  closed: undefined,
  ...change,
});
const unclosed = { head: 0, produced: 0, discarded: 0, carried: 0 };

it('is even when every term explains its part at the cut', () => {
  expect(booksOf(audit({}))).toEqual({ inFlight: 0, lostAtClose: 0, unexplained: 0 });
  expect(booksOf(audit({ rejectedAtCut: 0 })).unexplained).toBe(2);
  expect(booksOf(audit({ storedAtCut: 91 })).unexplained).toBe(-1);
});

it('says nothing before the first cut, and while records up to it are under way', () => {
  expect(booksOf(audit({ cut: undefined })).unexplained).toBeUndefined();
  expect(
    booksOf(
      audit({
        received: [
          [1, 3],
          [6, 10],
        ],
      }),
    ),
  ).toMatchObject({ inFlight: 2, unexplained: undefined });
});

it('leaves to a declaration across the cut what it may explain, and no more', () => {
  expect(booksOf(audit({ storedAtCut: 86, lostAcrossCut: 6 })).unexplained).toBe(0);
  expect(booksOf(audit({ storedAtCut: 80, lostAcrossCut: 6 })).unexplained).toBe(4);
  expect(booksOf(audit({ storedAtCut: 91, lostAcrossCut: 6 })).unexplained).toBe(-1);
});

it('declares lost what a closed stream never sent, without what the agent carried over', () => {
  const missing = {
    received: [
      [1, 3],
      [6, 7],
    ] as [number, number][],
    stored: 50,
    storedAtCut: 50,
  };
  expect(booksOf(audit({ ...missing, closed: unclosed }))).toEqual({
    inFlight: 0,
    lostAtClose: 40,
    unexplained: 0,
  });
  const told = { head: 20, produced: 160, discarded: 5, carried: 30 };
  expect(booksOf(audit({ ...missing, closed: told })).lostAtClose).toBe(160 - 5 - 50 - 2 - 3 - 30);
});

it('does not explain away what is missing though every record came', () => {
  expect(booksOf(audit({ storedAtCut: 80, stored: 110, closed: { ...unclosed, head: 10 } }))).toEqual({
    inFlight: 0,
    lostAtClose: 0,
    unexplained: 10,
  });
});

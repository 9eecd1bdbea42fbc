import { describe, expect, it } from 'vitest';
import type { DropRecord, StreamKey } from '#domain/sample-store.ts';
import { booksOf } from '#domain/stream-books.ts';
import type { Bench } from './harness.ts';
import { SECOND, STREAM, T0, T0_MS, prepare, samplesRecord } from './records.ts';

const at = (seconds: number): bigint => T0 + BigInt(seconds) * SECOND;

/** Losses that agents declare. */
export function describeLosses(bench: Bench): void {
  describe('losses', () => {
    it('counts a declared loss without what came before it was declared, sealed or not, and once', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const three = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(
          sequence,
          [0, 1, 2].map((i) => ({ signal, time: at(sequence * 10 + i), value: i })),
        );
      await store.append([three(1), three(2), three(4)]);
      await store.putDeadLetter({
        receivedAt: T0,
        topic: 't',
        code: 'X',
        reason: 'r',
        stream: STREAM,
        sequence: 6,
        samples: 3,
        payload: new Uint8Array(),
      });
      await under.settle(T0_MS);
      await store.append([three(7)]);
      // 2 and 7 were stored and 6 refused, but the agent never heard of it; 4 it has heard of.
      const drop = (sequence: number): DropRecord => ({
        kind: 'drop',
        stream: STREAM,
        sequence,
        checksum: sequence,
        cause: 'journal-full',
        samples: 18,
        sequences: [2, 8],
        ranges: [
          [2, 3],
          [5, 8],
        ],
      });
      await store.append([drop(10)]);
      await store.append([drop(11)]);
      const [books] = await (await under.restart()).audit();
      expect(books).toMatchObject({
        declaredLost: 9,
        stored: 12,
        rejected: 3,
        received: [
          [1, 8],
          [10, 11],
        ],
      });
    });

    it('tells a declared loss that reaches across the cut', async () => {
      const { store, under } = bench;
      await prepare(store, ['Flow']);
      const head = (sequence: number): { stream: StreamKey; sequence: number; checksum: number } => ({
        stream: STREAM,
        sequence,
        checksum: sequence,
      });
      await store.append([{ ...head(3), kind: 'checkpoint', produced: 5, journaled: 5, discarded: 0 }]);
      await store.append([
        {
          ...head(8),
          kind: 'drop',
          samples: 9,
          sequences: [1, 6],
          ranges: [
            [1, 2],
            [4, 6],
          ],
          cause: 'x',
        },
      ]);
      const again = await under.restart();
      expect((await again.audit())[0]).toMatchObject({
        declaredLostAtCut: 0,
        declaredLost: 9,
        lostAcrossCut: 9,
      });
      await again.append([{ ...head(7), kind: 'checkpoint', produced: 9, journaled: 9, discarded: 0 }]);
      expect((await again.audit())[0]).toMatchObject({
        declaredLostAtCut: 9,
        declaredLost: 9,
        lostAcrossCut: 0,
      });
    });

    it('works out what it lost as a restored backup, where the agent can tell only what it had journaled', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const three = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(
          sequence,
          [0, 1, 2].map((i) => ({ signal, time: at(sequence * 10 + i), value: i })),
        );
      const head = (sequence: number) => ({ stream: STREAM, sequence, checksum: sequence });
      await store.append([three(1), three(2)]);
      await store.append([
        { ...head(6), kind: 'drop', samples: 3, sequences: [3, 3], cause: 'journal-full' },
      ]);
      await store.putDeadLetter({
        receivedAt: T0,
        topic: 't',
        code: 'X',
        reason: 'r',
        stream: STREAM,
        sequence: 4,
        samples: 3,
        payload: new Uint8Array(),
      });
      await under.settle(T0_MS);
      // Gone for good: 5 and 7 to 9. What the journal still has comes in any order.
      await store.append([three(11)]);
      const gone = { samples: 0, journaled: 24, sequences: [1, 9], cause: 'store-restored' } as const;
      await store.append([{ ...head(12), kind: 'drop', ...gone }]);
      await store.append([{ ...head(13), kind: 'drop', ...gone }]);
      await store.append([{ ...head(14), kind: 'checkpoint', produced: 30, journaled: 30, discarded: 0 }]);
      await store.append([three(10)]);
      const [books] = await (await under.restart()).audit();
      expect(books).toMatchObject({ stored: 12, rejected: 3, declaredLost: 15, received: [[1, 14]] });
      expect(books && booksOf(books)).toMatchObject({ inFlight: 0, unexplained: 0 });
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { GapRecord, StreamKey } from '#domain/sample-store.ts';
import { SampleFlag } from '#domain/sample.ts';
import type { Bench } from './harness.ts';
import {
  ALWAYS,
  MACHINE,
  SECOND,
  STREAM,
  T0,
  T0_MS,
  catalogueOf,
  prepare,
  samplesRecord,
  signalOf,
  valuesOf,
} from './records.ts';

const at = (seconds: number): bigint => T0 + BigInt(seconds) * SECOND;

export function describeDelivery(bench: Bench): void {
  describe('delivery', () => {
    it('stores a record once, and says so of its redelivery', async () => {
      const { store } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const record = (): ReturnType<typeof samplesRecord> =>
        samplesRecord(1, [
          { signal, time: at(0), value: 1.5 },
          { signal, time: at(1), value: 2.5 },
        ]);
      expect(await store.append([record()])).toEqual({ stored: 1, samples: 2, duplicates: 0, forks: [] });
      expect(await store.append([record()])).toEqual({ stored: 0, samples: 0, duplicates: 1, forks: [] });
      expect(valuesOf(await store.samples(signalOf('Flow'), ALWAYS, 10))).toEqual([1.5, 2.5]);
    });

    it('drops a duplicate within one call, and after a restart and sealing', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const record = (): ReturnType<typeof samplesRecord> =>
        samplesRecord(1, [{ signal, time: at(0), value: 1 }]);
      expect(await store.append([record(), record()])).toMatchObject({ stored: 1, duplicates: 1 });
      await under.settle(T0_MS);
      const again = await under.restart();
      expect(await again.append([record()])).toMatchObject({ stored: 0, duplicates: 1, forks: [] });
      expect(await again.countSamples(signalOf('Flow'), ALWAYS, 10)).toBe(1);
    });

    it('keeps a fork as a dead letter and does not store it, sealed or not', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      await store.append([samplesRecord(1, [{ signal, time: at(0), value: 1 }], { checksum: 11 })]);
      const forks = [{ stream: STREAM, sequence: 1 }];
      const other = (checksum: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(1, [{ signal, time: at(0), value: 2 }], { checksum });
      expect(await store.append([other(12)])).toMatchObject({ stored: 0, duplicates: 0, forks });
      await under.settle(T0_MS);
      expect(await store.append([other(13)])).toMatchObject({ stored: 0, forks });
      const letters = await store.deadLetters(10);
      expect(letters.map(({ code, sequence }) => ({ code, sequence }))).toEqual([
        { code: 'STREAM_FORK', sequence: 1 },
        { code: 'STREAM_FORK', sequence: 1 },
      ]);
      expect(valuesOf(await store.samples(signalOf('Flow'), ALWAYS, 10))).toEqual([1]);
    });

    it('tells what was received, holes included, across a restart', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const record = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(sequence, [{ signal, time: at(sequence), value: sequence }]);
      await store.append([record(5), record(1), record(2), record(9)]);
      await store.append([record(4), record(10)]);
      const received = [
        [1, 2],
        [4, 5],
        [9, 10],
      ];
      expect((await store.openStream(STREAM)).received).toEqual(received);
      const again = await under.restart();
      expect((await again.openStream(STREAM)).received).toEqual(received);
      await again.append([record(3), record(6), record(7), record(8)]);
      expect((await again.openStream(STREAM)).received).toEqual([[1, 10]]);
      expect(await again.countSamples(signalOf('Flow'), ALWAYS, 100)).toBe(10);
    });

    it('numbers the epochs of an agent in the order they were opened', async () => {
      const { store, under } = bench;
      const key = (agent: string, epoch: string): StreamKey => ({ agent, epoch: epoch.padStart(16, '0') });
      expect((await store.openStream(key('edge-1', 'ff'))).epochNumber).toBe(1);
      expect((await store.openStream(key('edge-1', '01'))).epochNumber).toBe(2);
      expect((await store.openStream(key('edge-2', '02'))).epochNumber).toBe(1);
      const again = await under.restart();
      expect((await again.openStream(key('edge-1', '03'))).epochNumber).toBe(3);
      expect((await again.openStream(key('edge-1', 'ff'))).epochNumber).toBe(1);
      expect((await again.streams()).length).toBe(4);
    });

    it('gives each signal a number for ever, whatever later catalogues say', async () => {
      const { store, under } = bench;
      const before = await store.putCatalogue(catalogueOf(['A', 'B', 'C']));
      expect(new Set(before).size).toBe(3);
      expect(await store.putCatalogue(catalogueOf(['C', 'D', 'A']))).toEqual([
        before[2],
        expect.any(Number),
        before[0],
      ]);
      const again = await under.restart();
      expect(again.signalNo(signalOf('B'))).toBe(before[1]);
      expect(again.machines()).toEqual([catalogueOf(['C', 'D', 'A'])]);
      expect(again.signalNo('brest/m-1/Nowhere')).toBeUndefined();
    });

    it('takes a catalogue that comes as a record', async () => {
      const { store } = bench;
      await store.openStream(STREAM);
      const catalogue = catalogueOf(['A', 'B'], 'brest/m-9');
      const head = { stream: STREAM, sequence: 1, checksum: 1 };
      await store.append([{ ...head, kind: 'catalogue', version: 3, catalogue }]);
      expect(store.machines()).toEqual([catalogue]);
      expect(store.signalNo('brest/m-9/B')).toBeGreaterThan(0);
    });

    it('keeps the greatest (epoch, sequence, index) as latest, never backfill', async () => {
      const { store, under } = bench;
      const [signal = 0, other = 0] = await prepare(store, ['Flow', 'Text']);
      await store.append([
        samplesRecord(5, [
          { signal, time: at(5), value: 5 },
          { signal, time: at(4), value: 5.5 },
        ]),
        samplesRecord(3, [{ signal, time: at(30), value: 3 }]),
        samplesRecord(6, [{ signal, time: at(60), value: 6, flags: SampleFlag.historical }]),
        samplesRecord(7, [{ signal: other, time: at(0), value: 'Привет, 世界 🏭' }]),
      ]);
      const expected = [
        {
          signal: signalOf('Flow'),
          signalNo: signal,
          value: 5.5,
          sourceTimestamp: at(4),
          statusCode: 0,
          flags: 0,
        },
        {
          signal: signalOf('Text'),
          signalNo: other,
          value: 'Привет, 世界 🏭',
          sourceTimestamp: at(0),
          statusCode: 0,
          flags: 0,
        },
      ];
      expect(store.latest(MACHINE)).toEqual(expected);
      expect(store.latestPlace?.(signal)).toEqual({ epochNumber: 1, sequence: 5, index: 1 });
      expect((await under.restart()).latest()).toEqual(expected);
      await under.settle(T0_MS);
      const again = await under.restart();
      expect(again.latest()).toEqual(expected);
      expect(again.latestPlace?.(signal)).toMatchObject({ epochNumber: 1, sequence: 5 });
      expect(again.latestPlace?.(9_999)).toBeUndefined();
      const newer = { agent: STREAM.agent, epoch: '00000000000000b2' };
      await again.openStream(newer);
      await again.append([samplesRecord(1, [{ signal, time: at(1), value: 1 }], { stream: newer })]);
      expect(again.latest(MACHINE)[0]?.value).toBe(1);
      expect(again.latest('brest/nowhere')).toEqual([]);
    });

    it('tells listeners of what is stored, once', async () => {
      const { store } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const seen: [string, number, number | undefined][] = [];
      const forget = store.onStored((machine, batch) => seen.push([machine, batch.count, batch.f64[0]]));
      const record = (): ReturnType<typeof samplesRecord> =>
        samplesRecord(1, [{ signal, time: at(0), value: 7 }]);
      await store.append([record()]);
      await store.append([record()]);
      forget();
      await store.append([samplesRecord(2, [{ signal, time: at(1), value: 8 }])]);
      expect(seen).toEqual([[MACHINE, 1, 7]]);
    });

    it('counts for the audit at the cut of a checkpoint, whatever the order of arrival', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const three = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(
          sequence,
          [0, 1, 2].map((i) => ({ signal, time: at(sequence * 10 + i), value: i })),
        );
      const head = (sequence: number): { stream: StreamKey; sequence: number; checksum: number } => ({
        stream: STREAM,
        sequence,
        checksum: sequence,
      });
      await store.append([three(1), three(2), three(6)]);
      await store.append([{ ...head(5), kind: 'checkpoint', produced: 12, journaled: 11, discarded: 1 }]);
      expect((await store.audit())[0]).toMatchObject({
        cut: { sequence: 5, produced: 12, discarded: 1 },
        storedAtCut: 6,
        stored: 9,
      });
      await store.append([{ ...head(7), kind: 'drop', samples: 2, sequences: [4, 4], cause: 'disk-bound' }]);
      await under.settle(T0_MS);
      await store.append([three(3)]);
      await store.putDeadLetter({
        receivedAt: T0,
        topic: 'spBv1.0/brest/DDATA/edge-1/m-1',
        code: 'SPARKPLUG_MALFORMED',
        reason: 'test',
        stream: STREAM,
        sequence: 8,
        samples: 4,
        payload: new Uint8Array([1, 2, 3]),
      });
      const again = await under.restart();
      expect((await again.audit())[0]).toMatchObject({
        cut: { sequence: 5 },
        storedAtCut: 9,
        stored: 12,
        received: [[1, 8]],
        rejectedAtCut: 0,
        rejected: 4,
        declaredLostAtCut: 2,
        declaredLost: 2,
        lostAcrossCut: 0,
      });
      await again.append([{ ...head(9), kind: 'checkpoint', produced: 21, journaled: 20, discarded: 1 }]);
      expect((await again.audit())[0]).toMatchObject({
        cut: { sequence: 9 },
        storedAtCut: 12,
        stored: 12,
        rejectedAtCut: 4,
        declaredLostAtCut: 2,
      });
    });

    it('closes a superseded epoch, keeps the greatest figures, and opens it for what comes all the same', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const sample = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(sequence, [{ signal, time: at(sequence), value: 1 }]);
      await store.append([sample(1), sample(3)]);
      const close = { head: 9, produced: 9, discarded: 0, carried: 2 };
      await store.closeStream(STREAM, close);
      await store.closeStream(STREAM, { head: 0, produced: 0, discarded: 0, carried: 0 });
      await store.closeStream({ ...STREAM, epoch: '00000000000000ff' }, close);
      const again = await under.restart();
      expect(await again.audit()).toMatchObject([{ closed: close, stored: 2 }]);
      await again.append([sample(1)]);
      expect((await again.audit())[0]?.closed).toEqual(close);
      await again.append([sample(2)]);
      expect((await again.audit())[0]).toMatchObject({ closed: undefined, stored: 3 });
    });

    it('lists dead letters, the newest first, with their payload', async () => {
      const { store, under } = bench;
      for (const i of [1, 2, 3])
        await store.putDeadLetter({
          receivedAt: T0,
          topic: `t/${i}`,
          code: 'X',
          reason: `r${i}`,
          payload: new Uint8Array([i]),
        });
      const letters = await (await under.restart()).deadLetters(2);
      expect(letters.map(({ topic, payload }) => [topic, [...payload]])).toEqual([
        ['t/3', [3]],
        ['t/2', [2]],
      ]);
      expect(letters[0]?.stream).toBeUndefined();
    });

    it('answers gap records by range and machine', async () => {
      const { store } = bench;
      await prepare(store, ['Flow']);
      const gap = (sequence: number, more: Partial<GapRecord>): GapRecord => ({
        kind: 'gap',
        stream: STREAM,
        sequence,
        checksum: 1,
        from: at(10),
        to: at(20),
        cause: 'server-restarted',
        ...more,
      });
      await store.append([gap(1, { machine: MACHINE }), gap(2, { machine: 'brest/m-2' }), gap(3, {})]);
      await store.append([
        gap(4, {
          machine: MACHINE,
          signal: signalOf('Flow'),
          from: at(100),
          to: at(110),
          cause: 'queue-overflow',
        }),
      ]);
      const range = { from: at(15), to: at(30) };
      expect((await store.gaps(range, MACHINE)).map(({ machine }) => machine)).toEqual([MACHINE, undefined]);
      expect((await store.gaps(range)).length).toBe(3);
      expect(await store.gaps({ from: at(90), to: at(200) }, MACHINE)).toEqual([
        { machine: MACHINE, signal: signalOf('Flow'), from: at(100), to: at(110), cause: 'queue-overflow' },
      ]);
    });
  });
}

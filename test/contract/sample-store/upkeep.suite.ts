import { describe, expect, it } from 'vitest';
import type { Bench, StoreHarness } from './harness.ts';
import {
  ALWAYS,
  DAY,
  MACHINE,
  SECOND,
  STREAM,
  T0,
  T0_MS,
  prepare,
  samplesRecord,
  signalOf,
  valuesOf,
} from './records.ts';

export function describeUpkeep(bench: Bench, harness: StoreHarness): void {
  describe('upkeep', () => {
    if (harness.keepsForEver !== true)
      it('lets go of what is older than the retention, and still knows it was received', async () => {
        const { store, under } = bench;
        const [signal = 0] = await prepare(store, ['Value']);
        const days = [0, 1, 2, 3];
        const record = (day: number): ReturnType<typeof samplesRecord> =>
          samplesRecord(day + 1, [{ signal, time: T0 + BigInt(day) * DAY, value: day }]);
        await store.append(days.map(record));
        await under.settle(T0_MS);
        expect(await store.countSamples(signalOf('Value'), ALWAYS, 99)).toBe(4);
        // Days 0 and 1 are wholly older than the retention.
        await under.settle(T0_MS + (harness.retentionDays + 2.2) * 86_400_000);
        expect(valuesOf(await store.samples(signalOf('Value'), ALWAYS, 9))).toEqual([2, 3]);
        expect(await store.append([record(0)])).toMatchObject({ stored: 0, duplicates: 1, forks: [] });
        expect((await store.audit())[0]).toMatchObject({ stored: 4, received: [[1, 4]] });
        expect(store.latest(MACHINE)[0]?.value).toBe(3);
        expect((await store.stats()).samples).toBe(2);
      });

    it('shows each row once while it seals and merges', async () => {
      const { store, under } = bench;
      const [signal = 0] = await prepare(store, ['Value']);
      let stored = 0;
      for (let sequence = 1; sequence <= 40; sequence += 1) {
        const rows = [0, 1, 2, 3, 4].map((i) => ({
          signal,
          time: T0 + BigInt(sequence * 5 + i) * SECOND,
          value: i,
        }));
        await store.append([samplesRecord(sequence, rows)]);
        stored += rows.length;
        const settling = under.settle(T0_MS);
        expect(await store.countSamples(signalOf('Value'), ALWAYS, 1e6)).toBe(stored);
        expect((await store.samples(signalOf('Value'), ALWAYS, 1e6)).length).toBe(stored);
        await settling;
        expect(await store.countSamples(signalOf('Value'), ALWAYS, 1e6)).toBe(stored);
      }
      const [buckets = []] = await store.buckets([signalOf('Value')], { from: T0, to: T0 + DAY }, 500);
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(stored);
    });

    it('counts what it holds beside its counters, sealed, restarted, with more on the way', async () => {
      const { store, under } = bench;
      const [signal = 0, other = 0] = await prepare(store, ['Value', 'Other']);
      const record = (sequence: number): ReturnType<typeof samplesRecord> =>
        samplesRecord(sequence, [
          { signal, time: T0 + BigInt(sequence), value: sequence },
          { signal: other, time: T0 - BigInt(sequence) * DAY, value: 0, flags: 1 },
        ]);
      await store.append([record(1), record(2)]);
      await under.settle(T0_MS);
      await store.append([record(3)]);
      const again = await under.restart();
      const counts = { stored: 6, samples: 6, expired: 0 };
      expect(await again.readBack?.()).toMatchObject([{ streams: [STREAM], ...counts }]);
      await again.append([record(4)]);
      expect(await again.readBack?.()).toMatchObject([{ stored: 8, samples: 8, expired: 0 }]);
    });

    it('tells of a declared hole when it is durable, once', async () => {
      const { store } = bench;
      await prepare(store, ['Value']);
      const heard: string[] = [];
      const forget = store.onGap?.((gap) => heard.push(`${gap.machine} ${gap.cause}`));
      const gap = {
        kind: 'gap',
        stream: STREAM,
        sequence: 1,
        checksum: 1,
        machine: MACHINE,
        from: T0,
        to: T0 + SECOND,
        cause: 'queue-overflow',
      } as const;
      await store.append([gap]);
      await store.append([gap]);
      forget?.();
      await store.append([{ ...gap, sequence: 2 }]);
      expect(heard).toEqual([`${MACHINE} queue-overflow`]);
    });

    it('tells of itself', async () => {
      const { store } = bench;
      const stats = await store.stats();
      expect(stats).toMatchObject({
        storeId: store.storeId,
        samples: 0,
        writable: true,
        problem: undefined,
        retentionDays: harness.retentionDays,
      });
    });

    it('stops twice, and refuses afterwards', async () => {
      const { store } = bench;
      await prepare(store, ['Value']);
      await store.stop();
      await store.stop();
      await expect(store.append([samplesRecord(1, [])])).rejects.toThrow();
    });
  });
}

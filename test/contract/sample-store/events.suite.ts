import { describe, expect, it } from 'vitest';
import type { EventRecord, StoredEvent, StreamKey } from '#domain/sample-store.ts';
import type { Bench } from './harness.ts';
import { ALWAYS, DAY, MACHINE, SECOND, STREAM, T0, T0_MS } from './records.ts';

const at = (seconds: number): bigint => T0 + BigInt(seconds) * SECOND;
const OTHER: StreamKey = { agent: 'edge-2', epoch: '00000000000000b1' };

const event = (sequence: number, time: bigint, more: Partial<EventRecord> = {}): EventRecord => ({
  kind: 'event',
  stream: STREAM,
  sequence,
  checksum: sequence * 3 + 1,
  machine: MACHINE,
  time,
  body: JSON.stringify({ type: 'test', text: `№ ${sequence} "quoted", with = and \\` }),
  ...more,
});
const sequencesOf = (events: readonly StoredEvent[]): number[] => events.map(({ sequence }) => sequence);

export function describeEvents(bench: Bench): void {
  describe('events', () => {
    it('are listed newest first, by range, machine and limit, across a restart', async () => {
      const { store, under } = bench;
      await store.openStream(STREAM);
      await store.openStream(OTHER);
      await store.append([event(1, at(1)), event(2, at(3)), event(3, at(2), { machine: 'brest/m-2' })]);
      await store.append([event(4, at(3)), event(1, at(3), { stream: OTHER, machine: undefined })]);
      const again = await under.restart();
      const all = await again.events(ALWAYS, 10);
      expect(all.map(({ stream, sequence }) => [stream.agent, sequence])).toEqual([
        ['edge-1', 4],
        ['edge-1', 2],
        ['edge-2', 1],
        ['edge-1', 3],
        ['edge-1', 1],
      ]);
      expect(all[0]).toMatchObject({
        stream: STREAM,
        epochNumber: 1,
        machine: MACHINE,
        time: at(3),
        body: event(4, at(3)).body,
      });
      expect(all[2]?.machine).toBeUndefined();
      expect(sequencesOf(await again.events(ALWAYS, 2, MACHINE))).toEqual([4, 2]);
      expect(sequencesOf(await again.events({ from: at(1), to: at(3) }, 10))).toEqual([3, 1]);
    });

    it('a redelivered one is there once', async () => {
      const { store } = bench;
      await store.openStream(STREAM);
      await store.append([event(1, at(1))]);
      expect(await store.append([event(1, at(1))])).toMatchObject({ stored: 0, duplicates: 1 });
      expect(await store.events(ALWAYS, 10)).toHaveLength(1);
    });

    it('the newest of each subject stands, whatever the order of coming', async () => {
      const { store, under } = bench;
      await store.openStream(STREAM);
      const subject = 'nsu=urn:test;s=Alarm, hot #1';
      await store.append([event(7, at(3), { subject })]);
      await store.append([event(5, at(9), { subject }), event(6, at(4), { subject: 'other', ended: true })]);
      const again = await under.restart();
      const standing = (await again.standing()).filter(({ ended }) => ended !== true);
      expect(standing).toMatchObject([
        { machine: MACHINE, subject, sequence: 7, epochNumber: 1, time: at(3), stream: STREAM },
      ]);
      await again.append([event(8, at(5), { subject, ended: true })]);
      expect((await again.standing()).filter(({ ended }) => ended !== true)).toEqual([]);
    });

    it('what stands outlives the retention of events', async () => {
      const { store, under } = bench;
      await store.openStream(STREAM);
      const old = BigInt(T0_MS) * 1_000_000n - 4_000n * DAY;
      await store.append([event(1, old, { subject: 'alarm' })]);
      await under.settle(T0_MS);
      expect(await store.standing()).toMatchObject([{ subject: 'alarm', time: old }]);
    });

    it('a new epoch of the agent comes after the one before', async () => {
      const { store } = bench;
      await store.openStream(STREAM);
      const later = { ...STREAM, epoch: '00000000000000a2' };
      await store.openStream(later);
      await store.append([event(1, at(1), { stream: later, subject: 'alarm' })]);
      await store.append([event(9, at(2), { subject: 'alarm' })]);
      expect(await store.standing()).toMatchObject([{ stream: later, epochNumber: 2, sequence: 1 }]);
    });

    it('listeners hear of what is durable, where the store can tell', async () => {
      const { store } = bench;
      const heard: StoredEvent[] = [];
      if (!store.onEvent) return;
      const stop = store.onEvent((one) => heard.push(one));
      await store.openStream(STREAM);
      await store.append([event(1, at(1), { subject: 'alarm' })]);
      await store.append([event(1, at(1), { subject: 'alarm' })]);
      stop();
      await store.append([event(2, at(2))]);
      expect(heard).toMatchObject([{ sequence: 1, epochNumber: 1, subject: 'alarm', stream: STREAM }]);
    });
  });
}

import { BinaryStream, DataType, MonitoredItemNotification, type DataValue } from 'node-opcua';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Times } from './notification-encoding.ts';
import { NotificationLane, OVERFLOW_BITS, type PackedBlock } from './notification-lane.ts';

const TIME_MS = Date.UTC(2026, 10, 22, 6, 0, 0, 123);

/** Decoded by the library: what a client sees. */
function decode(blocks: readonly PackedBlock[]): MonitoredItemNotification[] {
  return blocks.flatMap(({ count, bytes }) => {
    const stream = new BinaryStream(Buffer.from(bytes));
    return Array.from({ length: count }, () => {
      const notification = new MonitoredItemNotification(null);
      notification.decode(stream);
      return notification;
    });
  });
}

const join = (lane: NotificationLane, clientHandle: number, queueSize = 10): number =>
  lane.join({ clientHandle, queueSize, times: Times.both });

test.each([
  [DataType.Boolean, true, true],
  [DataType.SByte, -7, -7],
  [DataType.Byte, 250, 250],
  [DataType.Int16, -30_000, -30_000],
  [DataType.UInt16, 65_535, 65_535],
  [DataType.Int32, -2_000_000_000, -2_000_000_000],
  [DataType.UInt32, 4_000_000_000, 4_000_000_000],
  [DataType.Int64, -1n, [0xffffffff, 0xffffffff]],
  [DataType.UInt64, 0xf000_0000_0000_0001n, [0xf0000000, 1]],
  [DataType.Float, Math.fround(0.1), Math.fround(0.1)],
  [DataType.Double, Number.MIN_VALUE, Number.MIN_VALUE],
  [DataType.String, 'Фрэза 铣刀', 'Фрэза 铣刀'],
  [DataType.String, '', ''],
  [DataType.DateTime, TIME_MS, new Date(TIME_MS)],
])('type %s is read by the library as it was written: %s', (dataType, value, expected) => {
  const lane = new NotificationLane();
  lane.setTimes(TIME_MS, 1234, TIME_MS + 5);
  lane.write(join(lane, 4711), dataType, value, 0);
  lane.write(join(lane, 4712), dataType, null, 0x80340000);
  const [first, second] = decode(lane.seal(1000, 1e6));
  expect(first?.clientHandle).toBe(4711);
  expect(first?.value.value.dataType).toBe(dataType);
  expect(first?.value.value.value).toEqual(expected);
  expect(first?.value.statusCode.value).toBe(0);
  expect(first?.value.sourceTimestamp?.getTime()).toBe(TIME_MS);
  expect(first?.value.sourcePicoseconds).toBe(1234 * 100_000);
  expect(first?.value.serverTimestamp?.getTime()).toBe(TIME_MS + 5);
  expect(second?.value.statusCode.value).toBe(0x80340000);
  expect(second?.value.value?.dataType ?? DataType.Null).toBe(DataType.Null);
});

test.each([
  [Times.source, [true, false]],
  [Times.server, [false, true]],
  [Times.none, [false, false]],
])('only the times asked for are sent (%i)', (times, [source, server]) => {
  const lane = new NotificationLane();
  lane.setTimes(TIME_MS, 0, TIME_MS);
  const slot = lane.join({ clientHandle: 1, queueSize: 2, times });
  lane.write(slot, DataType.Double, 1.5, 0);
  const [only] = decode(lane.seal(10, 1e6));
  expect([only?.value.sourceTimestamp instanceof Date, only?.value.serverTimestamp instanceof Date]).toEqual([
    source,
    server,
  ]);
});

test('blocks keep to the bounds of a message, and nothing waits after', () => {
  const lane = new NotificationLane();
  const slot = join(lane, 1, 5000);
  for (let i = 0; i < 2500; i += 1) lane.write(slot, DataType.Double, i, 0);
  const blocks = lane.seal(1000, 10_000);
  expect(blocks.every(({ count, bytes }) => count <= 1000 && bytes.length <= 10_000)).toBe(true);
  expect(decode(blocks).map(({ value }) => value.value.value as number)).toEqual(
    Array.from({ length: 2500 }, (_, i) => i),
  );
  expect([lane.count, lane.waiting(slot), lane.seal(1000, 1e6)]).toEqual([0, 0, []]);
});

test('queues behave like those of the standard: oldest dropped, the next one marked, order kept', () => {
  const write = fc.record({ item: fc.nat(4), value: fc.integer(), isBad: fc.boolean() });
  const step = fc.oneof(
    { weight: 20, arbitrary: write },
    { weight: 1, arbitrary: fc.constant('seal' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 2, max: 9 }), (steps, queueSize) => {
      const lane = new NotificationLane();
      const slots = Array.from({ length: 5 }, (_, i) => join(lane, 100 + i, queueSize + i));
      const model: { value: number; status: number }[][] = slots.map(() => []);
      const check = (): void => {
        const sent: typeof model = slots.map(() => []);
        expect(lane.count).toBe(model.flat().length);
        for (const { clientHandle, value } of decode(lane.seal(50, 2_000)))
          sent[clientHandle - 100]?.push({
            value: value.value?.value as number,
            status: value.statusCode.value,
          });
        expect(sent).toEqual(model);
        for (const queue of model) queue.length = 0;
      };
      for (const each of steps) {
        if (each === 'seal') check();
        else {
          const queue = model[each.item]!;
          if (queue.length === queueSize + each.item) {
            queue.shift();
            queue[0]!.status = (queue[0]!.status | OVERFLOW_BITS) >>> 0;
          }
          const status = each.isBad ? 0x408f0000 : 0;
          queue.push({ value: each.value, status });
          lane.write(slots[each.item]!, DataType.Int32, each.value, status);
        }
      }
      check();
    }),
  );
});

test('a queue that overflows for long takes no more memory', () => {
  const lane = new NotificationLane();
  const slow = join(lane, 1, 100);
  const fast = join(lane, 2, 100);
  for (let i = 0; i < 50; i += 1) lane.write(slow, DataType.Double, i, 0);
  for (let i = 0; i < 200_000; i += 1) lane.write(fast, DataType.Double, i, 0);
  expect(lane.overflows).toBe(199_900);
  const blocks = lane.seal(1000, 1e6);
  const sent = decode(blocks);
  expect(sent.filter(({ clientHandle }) => clientHandle === 1)).toHaveLength(50);
  const values = sent.filter(({ clientHandle }) => clientHandle === 2).map(({ value }) => value);
  expect(values.map(({ value }) => value.value as number)).toEqual(
    Array.from({ length: 100 }, (_, i) => 199_900 + i),
  );
  expect(values.map((value: DataValue) => value.statusCode.value).slice(0, 2)).toEqual([OVERFLOW_BITS, 0]);
  expect(lane.capacityBytes).toBeLessThan(2e6);
});

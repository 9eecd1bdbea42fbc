import { describe, expect, it } from 'vitest';
import type { AedesPublishPacket } from 'aedes';
import { BoundedPersistence } from './bounded-persistence.ts';

const limits = { messagesPerClient: 3, bytesPerClient: 10_000, sessions: 2 };

function packet(topic: string, counter: number, size = 1): AedesPublishPacket {
  return {
    cmd: 'publish',
    topic,
    payload: Buffer.alloc(size, counter),
    qos: 1,
    retain: false,
    dup: false,
    brokerId: 'b',
    brokerCounter: counter,
  };
}

async function waiting(persistence: BoundedPersistence, id: string): Promise<number[]> {
  const counters: number[] = [];
  for await (const each of persistence.outgoingStream({ id }))
    counters.push((each as AedesPublishPacket).brokerCounter);
  return counters;
}

const session = (persistence: BoundedPersistence, id: string, topic = 'a/#'): Promise<void> =>
  persistence.addSubscriptions({ id }, [{ topic, qos: 1 }]);

describe('what waits for clients that are away', () => {
  it('is bounded by count and by bytes, the oldest goes first', async () => {
    let dropped = 0;
    const persistence = new BoundedPersistence(limits, (count) => {
      dropped += count;
    });
    await session(persistence, 'x');
    for (let i = 1; i <= 5; i += 1) await persistence.outgoingEnqueue({ clientId: 'x' }, packet('a', i));
    expect(await waiting(persistence, 'x')).toEqual([3, 4, 5]);
    await persistence.outgoingEnqueue({ clientId: 'x' }, packet('a', 6, 9_000));
    expect(await waiting(persistence, 'x')).toEqual([4, 5, 6]);
    await persistence.outgoingEnqueue({ clientId: 'x' }, packet('a', 7, 9_000));
    expect(await waiting(persistence, 'x')).toEqual([7]);
    expect(dropped).toBe(6);
  });

  it('is kept for so many sessions: the one unused longest is forgotten', async () => {
    const persistence = new BoundedPersistence(limits);
    for (const id of ['x', 'y', 'x', 'z']) await session(persistence, id);
    expect(await persistence.subscriptionsByClient({ id: 'y' })).toEqual([]);
    expect(await persistence.subscriptionsByClient({ id: 'x' })).toHaveLength(1);
    await persistence.outgoingEnqueue({ clientId: 'y' }, packet('a', 1));
    expect(await waiting(persistence, 'y')).toEqual([]);
  });

  it('leaves with the session', async () => {
    const persistence = new BoundedPersistence(limits);
    await session(persistence, 'x');
    await persistence.outgoingEnqueue({ clientId: 'x' }, packet('a', 1));
    await persistence.cleanSubscriptions({ id: 'x' });
    await session(persistence, 'x');
    expect(await waiting(persistence, 'x')).toEqual([]);
  });

  it('is taken out by its message id once it was sent', async () => {
    const persistence = new BoundedPersistence(limits);
    await session(persistence, 'x');
    for (let i = 1; i <= 2; i += 1) await persistence.outgoingEnqueue({ clientId: 'x' }, packet('a', i));
    await persistence.outgoingUpdate({ id: 'x' }, { ...packet('a', 1), messageId: 77 });
    const taken = await persistence.outgoingClearMessageId({ id: 'x' }, { ...packet('', 0), messageId: 77 });
    expect(taken?.brokerCounter).toBe(1);
    expect(await waiting(persistence, 'x')).toEqual([2]);
  });

  it('does not cut off a client whose packet was dropped meanwhile', async () => {
    const persistence = new BoundedPersistence(limits);
    await session(persistence, 'x');
    await expect(
      persistence.outgoingUpdate({ id: 'x' }, { ...packet('a', 9), messageId: 1 }),
    ).resolves.toBeUndefined();
  });
});

describe('subscriptions', () => {
  it('give one entry a client, with the greatest QoS that matches', async () => {
    const persistence = new BoundedPersistence(limits);
    await persistence.addSubscriptions({ id: 'x' }, [
      { topic: 'a/#', qos: 1 },
      { topic: 'a/b', qos: 2 },
      { topic: 'c', qos: 2 },
    ]);
    await persistence.addSubscriptions({ id: 'y' }, [{ topic: 'a/b', qos: 0 }]);
    expect(await persistence.subscriptionsByTopic('a/b')).toMatchObject([{ clientId: 'x', qos: 2 }]);
    await persistence.removeSubscriptions({ id: 'x' }, ['a/#', 'a/b', 'c']);
    expect(await persistence.countOffline()).toEqual({ subsCount: 1, clientsCount: 1 });
  });
});

describe('names of the object prototype', () => {
  it.each(['__proto__', 'constructor', 'toString'])(
    '%s is a client and a topic like any other',
    async (name) => {
      const persistence = new BoundedPersistence(limits);
      expect(await persistence.subscriptionsByClient({ id: name })).toEqual([]);
      expect(await persistence.getWill({ id: name })).toBeUndefined();
      await session(persistence, name, name);
      await persistence.outgoingEnqueue({ clientId: name }, packet(name, 1));
      expect(await waiting(persistence, name)).toEqual([1]);
      await persistence.storeRetained(packet(name, 1));
      expect(persistence.isRetained(name)).toBe(true);
      await persistence.storeRetained(packet(name, 1, 0));
      expect(persistence.retainedCount).toBe(0);
    },
  );
});

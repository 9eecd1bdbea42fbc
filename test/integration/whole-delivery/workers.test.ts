import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench, oneTo, until } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});

afterEach(() => bench.stop());

/** As a shared subscription does: each data message goes to one worker, births and deaths to all. */
function shareData(workers: number): void {
  let turn = 0;
  const sharedAt = new Map<string, number>();
  bench.broker.forwards = (clientId, topic) => {
    const worker = Number(/^worker-(\d)/.exec(clientId)?.[1] ?? 0);
    if (worker === 0 || !/\/[ND]DATA\//.test(topic)) return true;
    const seen = sharedAt.get(clientId) ?? 0;
    sharedAt.set(clientId, seen + 1);
    turn = seen % workers;
    return turn === worker - 1;
  };
}

describe('several workers on one stream', () => {
  it('store each record once between them; the agent unites what they acknowledge', async () => {
    const one = await bench.startIngest();
    const two = await bench.startIngest();
    shareData(2);
    const running = await bench.startAgent();
    await until('100 groups', () => running.source.count >= 100);
    await bench.drain(running);
    expect(await bench.counts()).toEqual(oneTo(running.source.count));
    const [first, second] = [one, two].map(({ ingest }) => ingest.presence.counters().samples);
    expect(Math.min(first ?? 0, second ?? 0)).toBeGreaterThan(0);
    expect((first ?? 0) + (second ?? 0)).toBe(running.source.count * 5);
    await bench.untilBooks('balanced', ({ unexplained }) => unexplained === 0);
  });

  it('and both get everything, without a shared subscription', async () => {
    await bench.startIngest();
    await bench.startIngest();
    const running = await bench.startAgent();
    await until('60 groups', () => running.source.count >= 60);
    await bench.drain(running);
    expect(await bench.counts()).toEqual(oneTo(running.source.count));
    expect((await bench.store.audit()).map(({ stored }) => stored)).toEqual([running.source.count * 5]);
  });

  it('go on when one of them leaves with what it had not yet stored', async () => {
    await bench.startIngest();
    const two = await bench.startIngest();
    shareData(2);
    const running = await bench.startAgent();
    await until('40 groups', () => running.source.count >= 40);
    await bench.stopIngest(two);
    const before = running.source.count;
    await until('60 more', () => running.source.count >= before + 60);
    bench.broker.forwards = () => true; // the broker shares among those who are there
    await bench.drain(running);
    expect(await bench.counts()).toEqual(oneTo(running.source.count));
  });
});

describe('lost acknowledgements', () => {
  it('after sealing, and after retention: what comes again is known, the newest value stays', async () => {
    await bench.startIngest();
    const running = await bench.startAgent();
    await until('a store', () => running.agent.publisher.state.state === 'delivering');
    bench.broker.forwards = (_client, topic) => !topic.includes('/NCMD/');
    await until('60 groups', () => running.source.count >= 60);
    await running.source.stop();
    const all = running.source.count * 5;
    await bench.untilBooks('stored', ({ stored }) => stored === all);
    await bench.store.maintain();
    const latest = bench.store.latest();
    expect(running.agent.journal.stats().tail).toBeLessThan(10);
    const { ingest } = bench.ingests[0] ?? {};
    const duplicates = (): number => ingest?.presence.counters().duplicates ?? 0;
    const before = duplicates();
    await until('resent', () => duplicates() > before + 60);
    expect(bench.store.latest()).toEqual(latest);
    expect(await bench.counts()).toEqual(oneTo(running.source.count));
    await bench.store.maintain(Date.now() + 40 * 86_400_000);
    expect(await bench.counts()).toEqual([]);
    const again = duplicates();
    await until('resent once more', () => duplicates() > again + 60);
    bench.broker.forwards = () => true;
    await bench.delivered(running);
    expect(await bench.counts()).toEqual([]);
    expect(await bench.books()).toMatchObject({ stored: all, unexplained: 0 });
  });

  it('of records that the agent then gives up are not counted as lost', async () => {
    await bench.startIngest();
    const running = await bench.startAgent({
      journal: { whenFull: 'drop-oldest', maxBytes: 4 * 1024 * 1024, segmentBytes: 65_536 },
      delivery: { ackTimeoutMs: 60_000, ackTimeoutMaxMs: 60_000 },
      signals: 200,
      intervalMs: 0,
    });
    await until('a store', () => running.agent.publisher.state.state === 'delivering');
    bench.broker.forwards = (_client, topic) => !topic.includes('/NCMD/');
    await until('some given up', () => running.agent.journal.stats().declaredLost > 0, 60_000);
    await running.source.stop();
    await bench.store.maintain();
    bench.broker.forwards = () => true;
    await bench.broker.stop();
    await bench.broker.start();
    await bench.delivered(running, 60_000);
    await bench.untilBooks('balanced', ({ unexplained, inFlight }) => unexplained === 0 && inFlight === 0);
    const { stored, declaredLost } = await bench.books();
    expect(stored + declaredLost).toBe(running.source.count * 200);
    expect(declaredLost).toBeLessThan(running.agent.journal.stats().declaredLost);
  });
});

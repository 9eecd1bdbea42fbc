import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeAgentConfigSchema, type EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { dropBodySchema, gapBodySchema } from '#contracts/delivery.ts';
import { parseTopic } from '#contracts/sparkplug/topics.ts';
import { createLogger } from '#platform/logger.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { TestBroker } from './broker.ts';
import { CountingSource } from './counting-source.ts';
import { StoreSide, until } from './store-side.ts';

const SIGNALS = 5;
const log = createLogger('test', process.env['LOG_LEVEL'] ?? 'silent');

let dir: string;
let broker: TestBroker;
let store: StoreSide;
const agents: EdgeAgent[] = [];
let source: CountingSource;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-delivery-'));
  broker = new TestBroker();
  await broker.start();
  store = new StoreSide(broker.url);
  await store.start();
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await store.stop();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

function configOf(
  delivery: Record<string, unknown> = {},
  journal: Record<string, unknown> = {},
): EdgeAgentConfig {
  return edgeAgentConfigSchema.parse({
    site: 'brest',
    agent: 'edge-1',
    dataDir: dir,
    mqtt: { url: broker.url, retryMinMs: 50, retryMaxMs: 200 },
    delivery: { ackTimeoutMs: 300, ackTimeoutMaxMs: 1_000, checkpointMs: 200, ...delivery },
    journal: { segmentBytes: 65_536, ...journal },
    machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
  });
}

async function startAgent(config = configOf(), intervalMs = 5): Promise<EdgeAgent> {
  const agent = new EdgeAgent({
    config,
    log,
    createSource: ({ id }) => (source = new CountingSource({ machineId: id, signals: SIGNALS, intervalMs })),
  });
  agents.push(agent);
  await agent.start();
  return agent;
}

async function stopAgent(agent: EdgeAgent): Promise<void> {
  agents.splice(agents.indexOf(agent), 1);
  await agent.stop();
}

/** Every number from 1 to the last, once in each signal, in order of the sequence. */
function expectWhole(upTo: number): void {
  for (let i = 0; i < SIGNALS; i += 1) {
    const values = store.samples
      .filter(({ path, statusCode }) => path === `Group/Signal${i}` && statusCode === 0)
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ value }) => value);
    expect(values).toEqual(Array.from({ length: upTo }, (_, n) => n + 1));
  }
}

const typesSeen = (): string[] => store.messages.map(({ topic }) => parseTopic(topic)?.type ?? topic);

describe('an edge agent and a store, over a real broker', () => {
  it('announces itself, delivers every sample once and trims what is acknowledged', async () => {
    const agent = await startAgent(configOf({ ackTimeoutMs: 10_000, ackTimeoutMaxMs: 10_000 })); // no resend, however busy
    await until('100 groups', () => source.count >= 100);
    await source.stop();
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expectWhole(source.count);
    expect(typesSeen()[0]).toBe('NBIRTH');
    expect(typesSeen().indexOf('DBIRTH')).toBeLessThan(typesSeen().indexOf('DDATA'));
    expect(store.checkpoints.at(-1)?.journaled).toBeGreaterThan(0);
    expect(store.duplicates).toBe(0);
  });

  it('sends again what was not acknowledged, and the store counts it once', async () => {
    store.acknowledges = false;
    const agent = await startAgent();
    await until('50 groups', () => source.count >= 50);
    await source.stop();
    await until('resent', () => store.duplicates > 0);
    store.acknowledges = true;
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expectWhole(source.count);
    expect(store.forks).toBe(0);
  });

  it('delivers the live records and the backlog after the broker was away; late samples are historical', async () => {
    const agent = await startAgent();
    await until('20 groups', () => source.count >= 20);
    await broker.stop();
    const before = source.count;
    await until('100 more while it is away', () => source.count >= before + 100);
    await broker.start();
    await until('the store to be back', () =>
      store.samples.some(({ value }) => Number(value) > before + 100),
    );
    await until('another 20', () => source.count >= before + 150);
    await source.stop();
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expectWhole(source.count);
  });

  it('goes on after a restart: another bdSeq, the same epoch, nothing doubled', async () => {
    const first = await startAgent();
    await until('20 groups', () => source.count >= 20);
    await stopAgent(first);
    const stopped = source.count;
    expect(typesSeen().at(-1)).toBe('NDEATH');
    const epoch = store.epoch;
    const second = await startAgent();
    await until('20 more groups', () => source.count >= stopped + 20);
    await source.stop();
    await until('all acknowledged', () => second.journal.stats().tail > second.journal.stats().head);
    expect(store.epoch).toBe(epoch);
    expectWhole(source.count);
  });

  it('begins a new epoch when its folder was restored from a backup', async () => {
    const first = await startAgent();
    await until('20 groups', () => source.count >= 20);
    await stopAgent(first);
    const backup = `${dir}-backup`;
    await cp(dir, backup, { recursive: true });
    const atBackup = source.count;
    const second = await startAgent();
    await until('20 more groups', () => source.count >= atBackup + 20);
    await stopAgent(second);
    await rm(dir, { recursive: true });
    await cp(backup, dir, { recursive: true });
    await rm(backup, { recursive: true });
    const epoch = store.epoch;
    const before = store.samples.length;
    const third = await startAgent();
    await until('a new epoch', () => store.epoch !== epoch);
    await until('30 more groups', () => source.count >= atBackup + 30);
    await source.stop();
    await until('all acknowledged', () => third.journal.stats().tail > third.journal.stats().head);
    expect(store.forks).toBe(0);
    const news = store.samples.slice(before).filter(({ path }) => path === 'Group/Signal0');
    const values = news.sort((a, b) => a.sequence - b.sequence).map(({ value }) => value);
    expect(values).toEqual(Array.from({ length: source.count - atBackup }, (_, n) => atBackup + n + 1));
    expect(store.events.some((text) => text.includes('epoch-superseded'))).toBe(true);
  });

  it('declares what neither a restored store nor its journal has', async () => {
    const agent = await startAgent(configOf(), 1);
    const { journal } = agent;
    await until('segments to go', () => journal.stats().first > 100);
    const { epoch } = store;
    store.restore('store-2', 60);
    await until('the other store', () => journal.storeId === 'store-2');
    const since = source.count;
    await until('20 more groups', () => source.count >= since + 20);
    await source.stop();
    await until('all acknowledged', () => journal.stats().tail > journal.stats().head);
    expect(store.epoch).toBe(epoch);
    expect(store.gaps).toHaveLength(1);
    const gap = gapBodySchema.parse(JSON.parse(store.gaps[0] ?? '{}'));
    expect(gap).toMatchObject({
      machine: 'pump-01',
      from: store.newest?.['pump-01'],
      cause: 'store-restored',
    });
    const drop = dropBodySchema.parse(JSON.parse(store.drops[0] ?? '{}'));
    const [, last] = drop.sequences;
    expect(drop).toMatchObject({ samples: 0, sequences: [1, last], cause: 'store-restored' });
    // Each value is stored once, or lies in the gap; and what was journaled up to there is stored or gone, to the sample.
    const values = store.samples
      .filter(({ path }) => path === 'Group/Signal0')
      .map(({ value }) => Number(value));
    expect(new Set(values).size).toBe(values.length);
    const lost = Array.from({ length: source.count }, (_, n) => n + 1).filter((n) => !values.includes(n));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost).toEqual(Array.from(lost, (_, i) => (lost[0] ?? 0) + i));
    const known = store.samples.filter(({ sequence }) => sequence <= last).length;
    expect((drop.journaled ?? 0) - known).toBe(lost.length * SIGNALS);
    const after = store.samples.find(({ value }) => Number(value) === (lost.at(-1) ?? 0) + 1);
    expect(String(after?.timeNs)).toBe(gap.to);
  });

  it('goes on in its epoch with a restored store, where its journal has all that it lacks', async () => {
    const agent = await startAgent();
    await until('100 groups', () => source.count >= 100);
    const { epoch } = store;
    store.restore('store-2', 40);
    await until('50 more groups', () => source.count >= 150);
    await source.stop();
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expect(store.epoch).toBe(epoch);
    expect(store.gaps).toEqual([]);
    expectWhole(source.count);
  });

  it('asks once more, and sends nothing meanwhile, before it leaves an epoch that another one writes to', async () => {
    await startAgent();
    await until('20 groups', () => store.samples.length >= 20 * SIGNALS);
    const { epoch } = store;
    store.answersBirths = false;
    store.takes = false; // what is sent from now on is still under way
    const births = (): string[] => store.birthsOf(epoch);
    const known = births().length;
    const answer = {
      epoch,
      store: store.storeId,
      head: 1_000_000,
      ranges: [[1_000_000, 1_000_000]] as [number, number][],
    };
    store.acknowledge({ ...answer, birth: births().at(-1) ?? '' });
    await until('another birth', () => births().length > known);
    const sent = store.messages.length;
    store.acknowledge({ ...answer, birth: births()[0] ?? '' });
    store.requestRebirth();
    await until('one more birth', () => births().length > known + 1);
    expect(store.epoch).toBe(epoch);
    const since = store.messages.slice(sent).map(({ topic }) => parseTopic(topic)?.type);
    expect(since).not.toContain('DDATA');
    // What was under way has come; the answer to a birth behind it tells so.
    store.answersBirths = true;
    store.acknowledge({ ...answer, birth: births().at(-1) ?? '' });
    await until('a new epoch', () => store.epoch !== epoch);
  });

  it('marks every signal Bad before the death of its machine', async () => {
    await startAgent();
    await until('20 groups', () => source.count >= 20);
    source.goOffline();
    await until('DDEATH', () => typesSeen().includes('DDEATH'));
    const bad = store.samples.filter(({ statusCode }) => statusCode === 0x80310000);
    expect(bad.map(({ path }) => path).sort()).toEqual(
      Array.from({ length: SIGNALS }, (_, i) => `Group/Signal${i}`),
    );
    expect(bad.every(({ value }) => value === null)).toBe(true);
  });

  it('answers a rebirth request with new births, without disturbing delivery', async () => {
    const agent = await startAgent();
    await until('20 groups', () => source.count >= 20);
    store.requestRebirth();
    await until('second birth', () => typesSeen().filter((type) => type === 'NBIRTH').length >= 2);
    await until('20 more', () => source.count >= 60);
    await source.stop();
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expectWhole(source.count);
  });

  it('sends nothing before a store has said what it has, then everything', async () => {
    store.answersBirths = false;
    const agent = await startAgent();
    await until('30 groups', () => source.count >= 30);
    expect(store.samples).toHaveLength(0);
    store.answersBirths = true;
    store.requestRebirth();
    await until('delivered', () => store.samples.length >= 30 * SIGNALS);
    await source.stop();
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
    expectWhole(source.count);
  });
});

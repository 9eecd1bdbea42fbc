import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { createLogger } from '#platform/logger.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { TEST_PASSWORD, startTestBroker } from '../../support/broker-fixture.ts';
import { startTestIngest } from '../../support/ingest-fixture.ts';
import { CountingSource } from '../edge-delivery/counting-source.ts';
import { Bench, oneTo, until } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});

afterEach(() => bench.stop());

describe('what changes on the way', () => {
  it('metadata, while a backlog drains: every record is decoded by what it was made with', async () => {
    const worker = await bench.startIngest();
    const running = await bench.startAgent();
    await until('20 groups', () => running.source.count >= 20);
    await bench.broker.stop();
    const before = running.source.count;
    await until('100 more', () => running.source.count >= before + 100);
    await running.source.describe((i) => ({
      unit: { code: 'FAH', symbol: '°F' },
      ...(i === 1 && { dataType: 'Float' as const }),
    }));
    await until('50 more', () => running.source.count >= before + 150);
    await bench.broker.start();
    await until(
      'a backlog and fresh values',
      () => worker.ingest.presence.counters().samples > (before + 150) * 5,
    );
    await running.source.describe((i) => ({
      unit: { code: 'KEL', symbol: 'K' },
      ...(i === 1 && { dataType: 'Float' as const }),
    }));
    await until('50 more', () => running.source.count >= before + 250);
    await bench.drain(running);
    for (const signal of [0, 1, 4]) expect(await bench.counts(signal)).toEqual(oneTo(running.source.count));
    expect(await bench.store.deadLetters(10)).toEqual([]);
    expect(bench.store.machines()[0]?.signals.map(({ unit }) => unit?.symbol)).toEqual(Array(5).fill('K'));
    await bench.untilBooks('balanced', ({ unexplained, inFlight }) => unexplained === 0 && inFlight === 0);
  });

  it('what is journaled while a checkpoint is written: the books reach it, also when nothing comes after it', async () => {
    await bench.startIngest();
    const running = await bench.startAgent();
    await until('20 groups', () => running.source.count >= 20);
    await bench.drain(running);
    const { pipeline, journal } = running.agent;
    const checkpoint = pipeline.checkpoint.bind(pipeline);
    let late = 0;
    pipeline.checkpoint = async () => {
      await checkpoint();
      if (late > 0) return;
      await pipeline.gap({ machineId: 'pump-01', from: 1n, to: 2n, cause: 'connection-lost' });
      late = journal.stats().head;
    };
    await pipeline.gap({ machineId: 'pump-01', from: 0n, to: 1n, cause: 'connection-lost' });
    await bench.untilBooks('closed', ({ cut }) => late > 0 && (cut?.sequence ?? 0) > late);
  });

  it('the store: it is announced, and gets what the journal still has', async () => {
    const first = await bench.startIngest();
    const running = await bench.startAgent();
    await until('20 groups', () => running.source.count >= 20);
    await bench.stopIngest(first);
    const before = running.source.count;
    await until('50 more', () => running.source.count >= before + 50);
    const other = await bench.newStore('other');
    const second = await bench.startIngest({}, other);
    await bench.drain(running);
    const counts = await bench.counts(0, other);
    expect(counts).toEqual(oneTo(running.source.count).slice(-counts.length));
    expect(counts.length).toBeGreaterThanOrEqual(50);
    expect(running.agent.journal.storeId).toBe(other.storeId);
    await bench.stopIngest(second);
    await other.stop();
  });
});

describe('a machine of twelve thousand signals', () => {
  it(
    'passes a broker that takes 4 MiB a packet, and so does each change of it',
    { timeout: 60_000 },
    async () => {
      const broker = await startTestBroker();
      const ingest = await startTestIngest(broker, bench.store);
      const passwordFile = join(bench.dir, 'password');
      await writeFile(passwordFile, TEST_PASSWORD);
      const config = edgeAgentConfigSchema.parse({
        site: 'brest',
        agent: 'edge-1',
        dataDir: join(bench.dir, 'large'),
        mqtt: { url: broker.tcpUrl, username: 'edge-1', passwordFile },
        machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
      });
      const text = 'Температура подшипника главного привода';
      const metadata = (revision: number) => (i: number) => ({
        name: {
          en: `Bearing temperature ${i}, revision ${revision}`,
          ru: `${text} ${i}`,
          be: `${text} ${i}`,
          zh: `主轴轴承温度 ${i}`,
        },
        meaning: `Machinery/Components/MainDrive/Bearing${i}/Temperature`,
      });
      const source = new CountingSource({
        machineId: 'pump-01',
        signals: 12_000,
        intervalMs: 400,
        metadata: metadata(1),
      });
      const agent = new EdgeAgent({
        config,
        log: createLogger('test', 'silent'),
        createSource: () => source,
      });
      await agent.start();
      const enough = (samples: number): Promise<void> =>
        until('samples', () => ingest.ingest.presence.counters().samples >= samples, 30_000);
      await enough(24_000);
      expect(JSON.stringify(agent.pipeline.catalogues.wire('pump-01')).length).toBeGreaterThan(
        4 * 1024 * 1024,
      );
      await source.describe(metadata(2));
      await enough(ingest.ingest.presence.counters().samples + 24_000);
      await source.stop();
      await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head, 30_000);
      expect(agent.publisher.connects).toBe(1);
      expect(bench.store.machines()[0]?.signals[11_999]?.name.en).toBe(
        'Bearing temperature 11999, revision 2',
      );
      expect(await bench.counts(11_999)).toEqual(oneTo(source.count));
      await agent.stop();
      await ingest.ingest.stop();
      await broker.stop();
    },
  );
});

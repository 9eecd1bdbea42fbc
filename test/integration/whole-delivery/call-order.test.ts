/** What may be said, published or acknowledged, is durable at that very moment: looked up on the disk as it would be after a power cut. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { embeddedHistorianSchema } from '#contracts/config/historian.ts';
import { ingestConfigSchema } from '#contracts/config/services.ts';
import { deliveryAckSchema } from '#contracts/delivery.ts';
import { decodePayload } from '#contracts/sparkplug/payload.ts';
import { ACK_METRIC } from '#contracts/sparkplug/record.ts';
import { peekRecordHeader } from '#contracts/sparkplug/record-decoder.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { createLogger } from '#platform/logger.ts';
import { createRegistry } from '#platform/metrics.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { findMagic, readFrame } from '../../../edge-agent/journal/frame.ts';
import { SimulatedDisk } from '../../../edge-agent/journal/simulated-disk.ts';
import { MqttSession } from '../../../edge-agent/publish/mqtt-session.ts';
import { EmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { Ingest } from '../../../services/ingest/ingest.ts';
import { BrokerConnection } from '../../../services/ingest/mqtt/broker-connection.ts';
import { TestBroker } from '../edge-delivery/broker.ts';
import { CountingSource } from '../edge-delivery/counting-source.ts';
import { until } from '../edge-delivery/store-side.ts';

const log = createLogger('test', 'silent');
const broker = new TestBroker();
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'call-order-'));
  await broker.start();
});

afterEach(async () => {
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Sequences and notifications that a power cut now would leave. */
function durableOn(disk: SimulatedDisk): { sequences: Set<number>; notifications: Set<number> } {
  const sequences = new Set<number>();
  const notifications = new Set<number>();
  for (const path of disk.paths().filter((one) => one.endsWith('.seg'))) {
    const bytes = Buffer.from(disk.syncedContent(path));
    for (let at = findMagic(bytes, 0); at >= 0;) {
      const frame = readFrame(bytes, at);
      if (frame) sequences.add(frame.sequence);
      if (frame?.notification) notifications.add(frame.notification.sequence);
      at = findMagic(bytes, at + (frame?.length ?? 1));
    }
  }
  return { sequences, notifications };
}

/** What the historian's file has, seen by another connection: committed, with `synchronous = FULL`. */
function committedIn(folder: string): SequenceRanges {
  const db = new DatabaseSync(join(folder, 'historian.sqlite'), { readOnly: true });
  const rows = db.prepare('SELECT from_sequence AS f, to_sequence AS t FROM received').all();
  db.close();
  return SequenceRanges.of(rows.map(({ f, t }): SequenceRange => [Number(f), Number(t)]));
}

it('OPC UA acknowledgement, publish and delivery acknowledgement each come after their sync', async () => {
  const disk = new SimulatedDisk(1);
  const early: string[] = [];
  const seen = { published: 0, acknowledgedToServer: 0, acknowledgedToAgent: 0 };
  const storeDir = join(dir, 'store');
  const store = new EmbeddedStore({ dir: storeDir, config: embeddedHistorianSchema.parse({}) });
  await store.start();
  const ingest = new Ingest({
    config: ingestConfigSchema.parse({ broker: { url: broker.url } }),
    store,
    registry: createRegistry(),
    log,
    connect: (options) => {
      const connection = new BrokerConnection(options);
      const publish = connection.publish.bind(connection);
      connection.publish = (topic, payload) => {
        for (const { name, value } of decodePayload(payload).metrics) {
          if (name !== ACK_METRIC) continue;
          const committed = committedIn(storeDir);
          for (const [from, to] of deliveryAckSchema.parse(JSON.parse(String(value))).ranges) {
            seen.acknowledgedToAgent += to - from + 1;
            if (committed.missing(from, to).length > 0) early.push(`delivery acknowledgement ${from}-${to}`);
          }
        }
        return publish(topic, payload);
      };
      return connection;
    },
  });
  await ingest.start();
  let source!: CountingSource;
  const agent = new EdgeAgent({
    config: edgeAgentConfigSchema.parse({
      site: 'brest',
      agent: 'edge-1',
      dataDir: '/agent',
      mqtt: { url: broker.url, retryMinMs: 50 },
      journal: { segmentBytes: 65_536 },
      machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
    }),
    log,
    disk,
    createSource: ({ id }) =>
      (source = new CountingSource({
        machineId: id,
        signals: 5,
        intervalMs: 2,
        onAcknowledged: (count) => {
          seen.acknowledgedToServer += 1;
          if (!durableOn(disk).notifications.has(count)) early.push(`OPC UA acknowledgement ${count}`);
        },
      })),
    connect: async (options, signal) => {
      const session = await MqttSession.connect(options, signal);
      const publish = session.publish.bind(session);
      session.publish = (topic, payload, qos, done) => {
        const header = peekRecordHeader(payload);
        if (header) {
          seen.published += 1;
          if (!durableOn(disk).sequences.has(header.sequence)) early.push(`publish ${header.sequence}`);
        }
        publish(topic, payload, qos, done);
      };
      return session;
    },
  });
  await agent.start();
  await until('60 groups', () => source.count >= 60);
  await source.stop();
  await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head);
  await agent.stop();
  await ingest.stop();
  await store.stop();
  expect(early).toEqual([]);
  expect(Math.min(...Object.values(seen))).toBeGreaterThanOrEqual(60);
});

/** The real agent, broker client, ingest and historian in one process: what only their interplay can show. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeAgentConfigSchema, type EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { embeddedHistorianSchema } from '#contracts/config/historian.ts';
import { ingestConfigSchema } from '#contracts/config/services.ts';
import type { StreamAudit } from '#domain/sample-store.ts';
import { booksOf } from '#domain/stream-books.ts';
import { createLogger } from '#platform/logger.ts';
import { createRegistry, type Registry } from '#platform/metrics.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { EmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { Ingest } from '../../../services/ingest/ingest.ts';
import { TestBroker } from '../edge-delivery/broker.ts';
import { CountingSource } from '../edge-delivery/counting-source.ts';
import { until } from '../edge-delivery/store-side.ts';

export { until };

const log = createLogger('test', process.env['LOG_LEVEL'] ?? 'silent');

export interface AgentSettings {
  readonly delivery?: Record<string, unknown>;
  readonly journal?: Record<string, unknown>;
  readonly mqtt?: Record<string, unknown>;
  readonly intervalMs?: number;
  readonly signals?: number;
  /** Added to the numbers that are counted. */
  readonly base?: number;
  /** Folder within the bench's; another one is another journal. */
  readonly folder?: string;
}

export interface RunningAgent {
  readonly agent: EdgeAgent;
  readonly source: CountingSource;
  readonly config: EdgeAgentConfig;
}

export interface RunningIngest {
  readonly ingest: Ingest;
  readonly registry: Registry;
}

export class Bench {
  readonly broker = new TestBroker();
  dir = '';
  store!: EmbeddedStore;
  readonly agents: RunningAgent[] = [];
  readonly ingests: RunningIngest[] = [];

  async start(): Promise<void> {
    this.dir = await mkdtemp(join(tmpdir(), 'whole-delivery-'));
    await this.broker.start();
    this.store = await this.newStore('store');
  }

  async newStore(folder: string): Promise<EmbeddedStore> {
    const config = embeddedHistorianSchema.parse({ retentionDays: 30 });
    const store = new EmbeddedStore({ dir: join(this.dir, folder), config });
    await store.start();
    return store;
  }

  async stop(): Promise<void> {
    for (const { agent } of this.agents.splice(0)) await agent.stop();
    for (const { ingest } of this.ingests.splice(0)) await ingest.stop();
    await this.store.stop();
    await this.broker.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  async startIngest(settings: Record<string, unknown> = {}, store = this.store): Promise<RunningIngest> {
    const registry = createRegistry();
    const config = ingestConfigSchema.parse({
      broker: { url: this.broker.url },
      hostId: `worker-${this.ingests.length + 1}`,
      limits: { rebirthIntervalMs: 200 },
      ...settings,
    });
    const ingest = new Ingest({ config, store, registry, log });
    await ingest.start();
    await until('the ingest to be connected', () => ingest.presence.counters().connectedToBroker);
    const running = { ingest, registry };
    this.ingests.push(running);
    return running;
  }

  async stopIngest(running: RunningIngest): Promise<void> {
    this.ingests.splice(this.ingests.indexOf(running), 1);
    await running.ingest.stop();
  }

  async startAgent(settings: AgentSettings = {}): Promise<RunningAgent> {
    const { delivery, journal, mqtt, intervalMs = 5, signals = 5, base = 0, folder = 'agent' } = settings;
    const config = edgeAgentConfigSchema.parse({
      site: 'brest',
      agent: 'edge-1',
      dataDir: join(this.dir, folder),
      mqtt: { url: this.broker.url, retryMinMs: 50, retryMaxMs: 200, ...mqtt },
      delivery: {
        ackTimeoutMs: 300,
        ackTimeoutMaxMs: 1_000,
        checkpointMs: 200,
        heartbeatMs: 100,
        ...delivery,
      },
      journal: { segmentBytes: 65_536, ...journal },
      machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
    });
    let source!: CountingSource;
    const createSource = ({ id }: { readonly id: string }): CountingSource =>
      (source = new CountingSource({ machineId: id, signals, intervalMs, base }));
    const agent = new EdgeAgent({ config, log, createSource });
    await agent.start();
    const running = { agent, source, config };
    this.agents.push(running);
    return running;
  }

  async stopAgent(running: RunningAgent): Promise<void> {
    this.agents.splice(this.agents.indexOf(running), 1);
    await running.agent.stop();
  }

  /** Stops the source and waits until a store has all. */
  async drain({ agent, source }: RunningAgent, timeoutMs?: number): Promise<void> {
    await source.stop();
    await this.delivered({ agent, source }, timeoutMs);
  }

  async delivered({ agent }: Pick<RunningAgent, 'agent' | 'source'>, timeoutMs?: number): Promise<void> {
    await until('all acknowledged', () => agent.journal.stats().tail > agent.journal.stats().head, timeoutMs);
  }

  /** The numbers that a signal counted, as stored and in the order of their time. */
  async counts(signal = 0, store = this.store): Promise<number[]> {
    const range = { from: 0n, to: 2n ** 62n };
    const samples = await store.samples(`brest/pump-01/Group/Signal${signal}`, range, 1_000_000);
    return samples.filter(({ statusCode }) => statusCode === 0).map(({ value }) => Number(value));
  }

  async books(epoch?: string): Promise<StreamAudit & ReturnType<typeof booksOf>> {
    const audits = await this.store.audit();
    const audit = epoch === undefined ? audits.at(-1) : audits.find(({ stream }) => stream.epoch === epoch);
    if (!audit) throw new Error('no such stream');
    return { ...audit, ...booksOf(audit) };
  }

  /** Polls the books until they hold. */
  async untilBooks(
    what: string,
    holds: (books: Awaited<ReturnType<Bench['books']>>) => boolean,
    epoch?: string,
  ): Promise<void> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const books = await this.books(epoch);
      if (holds(books)) return;
      if (Date.now() > deadline) throw new Error(`waited in vain: ${what}: ${JSON.stringify(books)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export const oneTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

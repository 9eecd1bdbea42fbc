import { connectAsync, type MqttClient } from 'mqtt';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { WireCatalogue } from '#contracts/catalogue.ts';
import { deliveryAckSchema, type AgentHealth, type DeliveryAck } from '#contracts/delivery.ts';
import {
  DataType,
  decodePayload,
  encodePayload,
  stringMetric,
  type Metric,
} from '#contracts/sparkplug/payload.ts';
import {
  ACK_METRIC,
  BDSEQ_METRIC,
  createAliasTable,
  HEALTH_METRIC,
  REBIRTH_METRIC,
  setAlias,
  StreamMetric,
  wireTypeOf,
  type AliasTable,
} from '#contracts/sparkplug/record.ts';
import { encodeBodyRecord, encodeSamplesRecord, finishPayload } from '#contracts/sparkplug/record-encoder.ts';
import { formatTopic, type DeviceMessage, type NodeMessage } from '#contracts/sparkplug/topics.ts';
import { TEST_PASSWORD } from './broker-fixture.ts';

export interface TestSample {
  readonly alias: number;
  readonly timeNs: bigint;
  readonly value: SampleValue;
  readonly statusCode?: number;
}

export interface JournaledRecord {
  readonly sequence: number;
  readonly machine: string | undefined;
  readonly body: Uint8Array;
}

/** A machine of doubles, with aliases from `firstAlias` on. */
export function testCatalogue(machine: string, signals: number, firstAlias = 1, version = 1): WireCatalogue {
  return {
    version,
    machine: {
      id: machine,
      kind: 'cnc',
      name: { en: machine },
      provenance: 'simulated',
      assetPath: { enterprise: 'Technopark' },
    },
    signals: Array.from({ length: signals }, (_, i) => ({
      alias: firstAlias + i,
      path: `Axis/S${i}`,
      name: { en: `S${i}` },
      dataType: 'Double' as const,
      isArray: false,
      nodeId: `nsu=urn:test;s=S${i}`,
    })),
  };
}

/**
 * The wire side of an edge agent: births, journaled records, resends, and what ingest answers. Its journal is a
 * list in memory; everything else is as the agent does it.
 */
export class TestAgent {
  readonly epoch: string;
  readonly journal: JournaledRecord[] = [];
  readonly acknowledged = new SequenceRanges();
  readonly acks: DeliveryAck[] = [];
  rebirthsAsked = 0;
  bdSeq = 0;
  readonly #site: string;
  readonly #agent: string;
  readonly #aliases: AliasTable = createAliasTable();
  readonly #catalogues = new Map<string, WireCatalogue>();
  readonly #waiting = new Set<() => void>();
  #seq = 0;
  #client: MqttClient | undefined;

  constructor(agent = 'edge-1', epoch = '00000000000000a1', site = 'brest') {
    this.#agent = agent;
    this.epoch = epoch;
    this.#site = site;
  }

  async connect(url: string, password = TEST_PASSWORD): Promise<void> {
    const will = {
      topic: this.#topic('NDEATH'),
      payload: Buffer.from(encodePayload({ metrics: [this.#bdSeqMetric()] })),
      qos: 1 as const,
      retain: false,
    };
    const client = await connectAsync(url, {
      username: this.#agent,
      password,
      clientId: `${this.#agent}-test`,
      protocolVersion: 4,
      reconnectPeriod: 0,
      will,
    });
    client.on('message', (topic, payload) => this.#onCommand(topic, payload));
    await client.subscribeAsync(this.#topic('NCMD'));
    this.#client = client;
  }

  async disconnect(): Promise<void> {
    await this.#client?.endAsync(true);
  }

  /** As a lost power would: the broker sends the will. */
  kill(): void {
    this.#client?.stream.destroy();
  }

  addMachine(catalogue: WireCatalogue): void {
    this.#catalogues.set(catalogue.machine.id, catalogue);
    for (const { alias, dataType, isArray } of catalogue.signals)
      setAlias(this.#aliases, alias, wireTypeOf(dataType, isArray), alias);
  }

  birth(): void {
    this.nodeBirth();
    for (const machine of this.#catalogues.keys()) this.deviceBirth(machine);
  }

  /** With a name, the answer repeats it. `storeId`: that has acknowledged so far. */
  nodeBirth(name?: string, storeId?: string): void {
    this.#seq = 0;
    this.#publish('NBIRTH', undefined, [
      this.#bdSeqMetric(),
      ...(name === undefined ? [] : [stringMetric(StreamMetric.birth, name)]),
      ...(storeId === undefined ? [] : [stringMetric(StreamMetric.store, storeId)]),
      stringMetric(StreamMetric.epoch, this.epoch),
      { name: REBIRTH_METRIC, datatype: DataType.boolean, value: false },
    ]);
  }

  deviceBirth(machine: string): void {
    const catalogue = JSON.stringify(this.#catalogues.get(machine));
    this.#publish('DBIRTH', machine, [
      stringMetric(StreamMetric.epoch, this.epoch),
      stringMetric(StreamMetric.catalogue, catalogue),
    ]);
  }

  deviceDeath(machine: string): void {
    this.#publish('DDEATH', machine, []);
  }

  nodeDeath(bdSeq = this.bdSeq): void {
    const metrics = [{ name: BDSEQ_METRIC, datatype: DataType.uint64, value: BigInt(bdSeq) }];
    this.publishRaw('NDEATH', undefined, encodePayload({ metrics }));
  }

  health(machines: AgentHealth['machines']): void {
    const health: AgentHealth = {
      t: Date.now(),
      version: '0.0.0',
      journal: { head: 0, tail: 0, bytes: 0, limitBytes: 1, oldestUnacknowledgedMs: 0 },
      produced: 0,
      journaled: 0,
      discarded: 0,
      declaredLost: 0,
      machines,
    };
    this.#publish('NDATA', undefined, [stringMetric(HEALTH_METRIC, JSON.stringify(health))]);
  }

  /** Journals samples of one machine as one record; `publishAll` or `publishRecord` sends it. */
  record(machine: string, samples: readonly TestSample[]): JournaledRecord {
    const batch = createSampleBatch(Math.max(1, samples.length));
    batch.count = samples.length;
    for (const [i, { alias, timeNs, value, statusCode = 0 }] of samples.entries()) {
      batch.signal[i] = alias;
      batch.timeNs[i] = timeNs;
      batch.statusCode[i] = statusCode;
      setValue(batch, i, value);
    }
    const { body } = encodeSamplesRecord(this.#head(), batch, this.#aliases);
    return this.#journal(machine, body);
  }

  bodyRecord(kind: string, body: unknown): JournaledRecord {
    return this.#journal(undefined, encodeBodyRecord(this.#head(), kind, body).body);
  }

  publishRecord(record: JournaledRecord, historical = false): void {
    const seq = this.#nextSeq();
    const payload = finishPayload(record.body, { timestampMs: Date.now(), seq, historical });
    this.publishRaw(record.machine === undefined ? 'NDATA' : 'DDATA', record.machine, payload);
  }

  /** Everything that is not acknowledged, as after a time-out or a reconnect. */
  publishUnacknowledged(): void {
    for (const record of this.journal)
      if (!this.acknowledged.has(record.sequence)) this.publishRecord(record);
  }

  publishRaw(type: NodeMessage | DeviceMessage, machine: string | undefined, payload: Uint8Array): void {
    this.#client?.publish(this.#topic(type, machine), Buffer.from(payload));
  }

  /** Resolves once the condition holds; it is looked at after each command from ingest. */
  async until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error('ingest did not answer as expected in time');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async untilAllAcknowledged(timeoutMs?: number): Promise<void> {
    await this.until(() => this.journal.every(({ sequence }) => this.acknowledged.has(sequence)), timeoutMs);
  }

  #head(): { epoch: string; sequence: number; catalogueVersion: number } {
    return { epoch: this.epoch, sequence: this.journal.length + 1, catalogueVersion: 1 };
  }

  #journal(machine: string | undefined, body: Uint8Array): JournaledRecord {
    const record = { sequence: this.journal.length + 1, machine, body };
    this.journal.push(record);
    return record;
  }

  #bdSeqMetric(): Metric {
    return { name: BDSEQ_METRIC, datatype: DataType.uint64, value: BigInt(this.bdSeq) };
  }

  #topic(type: NodeMessage | DeviceMessage, device?: string): string {
    const ids = { group: this.#site, edgeNode: this.#agent };
    return device === undefined
      ? formatTopic({ type: type as NodeMessage, ...ids })
      : formatTopic({ type: type as DeviceMessage, ...ids, device });
  }

  #publish(type: NodeMessage | DeviceMessage, machine: string | undefined, metrics: readonly Metric[]): void {
    this.publishRaw(type, machine, encodePayload({ timestamp: Date.now(), seq: this.#nextSeq(), metrics }));
  }

  #nextSeq(): number {
    const seq = this.#seq;
    this.#seq = (seq + 1) % 256;
    return seq;
  }

  #onCommand(_topic: string, payload: Buffer): void {
    for (const { name, value } of decodePayload(payload).metrics) {
      if (name === REBIRTH_METRIC) this.rebirthsAsked += 1;
      if (name === ACK_METRIC && typeof value === 'string') {
        const ack = deliveryAckSchema.parse(JSON.parse(value));
        this.acks.push(ack);
        if (ack.epoch === this.epoch) for (const [from, to] of ack.ranges) this.acknowledged.add(from, to);
      }
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

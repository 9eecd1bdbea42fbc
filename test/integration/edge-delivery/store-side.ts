import { connectAsync, type MqttClient } from 'mqtt';
import sparkplug from 'sparkplug-payload';
import { machineCatalogueSchema, type WireCatalogue } from '#contracts/catalogue.ts';
import { checkpointBodySchema, dropBodySchema, type DeliveryAck } from '#contracts/delivery.ts';
import { DataType, decodePayload, encodePayload, stringMetric } from '#contracts/sparkplug/payload.ts';
import {
  ACK_METRIC,
  REBIRTH_METRIC,
  StreamMetric,
  createAliasTable,
  setAlias,
  wireTypeOf,
  type AliasTable,
} from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { FILTERS, formatTopic, parseTopic } from '#contracts/sparkplug/topics.ts';
import { createSampleBatch, valueAt } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';

export interface StoredSample {
  readonly machine: string;
  readonly path: string;
  readonly value: SampleValue;
  readonly timeNs: bigint;
  readonly statusCode: number;
  readonly isHistorical: boolean;
  readonly sequence: number;
}

interface Stream {
  readonly received: SequenceRanges;
  readonly checksums: Map<number, number>;
  readonly aliases: AliasTable;
  readonly paths: Map<number, string>;
}

/**
 * The far end as the contract describes it: takes every record once, acknowledges what it has, answers births. Kept in
 * memory; what a test wants to go wrong is a switch.
 */
export class StoreSide {
  storeId: string;
  readonly #url: string;
  #client: MqttClient | undefined;
  readonly streams = new Map<string, Stream>();
  samples: StoredSample[] = [];
  readonly messages: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  readonly checkpoints: { sequence: number; journaled: number }[] = [];
  readonly events: string[] = [];
  readonly gaps: string[] = [];
  readonly drops: string[] = [];
  /** As an answer to a birth tells them, by machine. */
  newest: Record<string, string> | undefined;
  declaredLost = 0;
  duplicates = 0;
  forks = 0;
  /** Off: records are taken, nothing is said. */
  acknowledges = true;
  /** Off: records are lost on the way. */
  takes = true;
  answersBirths = true;
  #epoch = '';

  constructor(url: string, storeId = 'store-1') {
    this.#url = url;
    this.storeId = storeId;
  }

  get epoch(): string {
    return this.#epoch;
  }

  async start(): Promise<void> {
    const client = await connectAsync(this.#url, { clientId: `store-${this.storeId}`, reconnectPeriod: 100 });
    this.#client = client;
    client.on('message', (topic, payload) => this.#message(topic, new Uint8Array(payload)));
    await client.subscribeAsync([...FILTERS.births, ...FILTERS.data], { qos: 1 });
  }

  async stop(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  stream(epoch: string): Stream {
    const known = this.streams.get(epoch);
    if (known) return known;
    const fresh = {
      received: new SequenceRanges(),
      checksums: new Map(),
      aliases: createAliasTable(),
      paths: new Map(),
    };
    this.streams.set(epoch, fresh);
    return fresh;
  }

  /** Becomes a backup of itself that ends with a sequence of this epoch. */
  restore(storeId: string, upTo: number): void {
    const { epoch } = this;
    const before = this.stream(epoch);
    const received = new SequenceRanges();
    for (const [from, to] of before.received.toArray())
      if (from <= upTo) received.add(from, Math.min(to, upTo));
    this.streams.set(epoch, { ...before, received });
    this.samples = this.samples.filter(({ sequence }) => sequence <= upTo);
    this.newest = {};
    for (const { machine, timeNs } of this.samples)
      if (timeNs > BigInt(this.newest[machine] ?? 0)) this.newest[machine] = String(timeNs);
    this.storeId = storeId;
  }

  requestRebirth(): void {
    this.#command({ name: REBIRTH_METRIC, datatype: DataType.boolean, value: true });
  }

  acknowledge(ack: DeliveryAck): void {
    this.#command(stringMetric(ACK_METRIC, JSON.stringify(ack)));
  }

  #command(metric: Parameters<typeof encodePayload>[0]['metrics'][number]): void {
    const topic = formatTopic({ type: 'NCMD', group: 'brest', edgeNode: 'edge-1' });
    this.#client?.publish(topic, Buffer.from(encodePayload({ timestamp: Date.now(), metrics: [metric] })));
  }

  #message(topic: string, payload: Uint8Array): void {
    sparkplug.get('spBv1.0')?.decodePayload(payload); // an independent decoder must take whatever we send
    this.messages.push({ topic, payload });
    const type = parseTopic(topic)?.type;
    if (type === 'NBIRTH') this.#nodeBirth(payload);
    else if (type === 'DBIRTH') this.#deviceBirth(payload);
    else if (type === 'DDATA' || type === 'NDATA') this.#data(topic, payload);
  }

  #nodeBirth(payload: Uint8Array): void {
    const epoch = decodePayload(payload).metrics.find(({ name }) => name === StreamMetric.epoch)?.value;
    this.#epoch = String(epoch);
    const ranges = this.stream(this.#epoch).received.toArray();
    if (!this.answersBirths) return;
    this.acknowledge({
      epoch: this.#epoch,
      store: this.storeId,
      head: ranges.at(-1)?.[1] ?? 0,
      ranges: ranges.map(([from, to]) => [from, to]),
      ...(this.newest && { newest: this.newest }),
    });
  }

  /** Names of the NBIRTHs of an epoch so far. */
  birthsOf(epoch: string): string[] {
    return this.messages.flatMap(({ topic, payload }) => {
      if (parseTopic(topic)?.type !== 'NBIRTH') return [];
      const text = (name: string): string =>
        String(decodePayload(payload).metrics.find((metric) => metric.name === name)?.value);
      return text(StreamMetric.epoch) === epoch ? [text(StreamMetric.birth)] : [];
    });
  }

  #deviceBirth(payload: Uint8Array): void {
    const text = decodePayload(payload).metrics.find(({ name }) => name === StreamMetric.catalogue)?.value;
    this.#learn(machineCatalogueSchema.parse(JSON.parse(String(text))));
  }

  #learn(catalogue: WireCatalogue): void {
    const { aliases, paths } = this.stream(this.#epoch);
    for (const { alias, dataType, isArray, path } of catalogue.signals) {
      setAlias(aliases, alias, wireTypeOf(dataType, isArray), alias);
      paths.set(alias, path);
    }
  }

  #data(topic: string, payload: Uint8Array): void {
    if (!this.takes) return;
    const stream = this.stream(this.#epoch);
    const batch = createSampleBatch(64);
    const record = decodeRecord(payload, stream.aliases, batch);
    const { header } = record;
    if (!header) return; // a heartbeat
    if (record.unknownAliases > 0) throw new Error(`unknown aliases in ${topic} ${header.sequence}`);
    if (stream.received.add(header.sequence) === 0) {
      this.duplicates += 1;
      if (stream.checksums.get(header.sequence) !== header.checksum) this.forks += 1;
    } else {
      stream.checksums.set(header.sequence, header.checksum);
      this.#store(parseTopic(topic)?.device ?? '', header.sequence, { record, batch, paths: stream.paths });
    }
    const { sequence, epoch } = header;
    if (this.acknowledges) this.acknowledge({ epoch, store: this.storeId, ranges: [[sequence, sequence]] });
  }

  #drop(body: string): void {
    this.drops.push(body);
    this.declaredLost += dropBodySchema.parse(JSON.parse(body)).samples;
  }

  #store(
    machine: string,
    sequence: number,
    found: {
      record: ReturnType<typeof decodeRecord>;
      batch: ReturnType<typeof createSampleBatch>;
      paths: Map<number, string>;
    },
  ): void {
    const { record, batch, paths } = found;
    const body: unknown = record.body === undefined ? undefined : JSON.parse(record.body);
    if (record.kind === 'checkpoint')
      this.checkpoints.push({ sequence, journaled: checkpointBodySchema.parse(body).journaled });
    else if (record.kind === 'drop') this.#drop(record.body ?? '');
    else if (record.kind === 'event') this.events.push(record.body ?? '');
    else if (record.kind === 'gap') this.gaps.push(record.body ?? '');
    else if (record.kind === 'catalogue') this.#learn(machineCatalogueSchema.parse(body));
    for (let i = 0; i < batch.count; i += 1)
      this.samples.push({
        machine,
        path: paths.get(batch.signal[i] ?? 0) ?? '?',
        value: valueAt(batch, i),
        timeNs: batch.timeNs[i] ?? 0n,
        statusCode: batch.statusCode[i] ?? 0,
        isHistorical: ((batch.flags[i] ?? 0) & SampleFlag.historical) !== 0,
        sequence,
      });
  }
}

/** Polls until `holds`; fails with `what` after `timeoutMs`. */
export async function until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

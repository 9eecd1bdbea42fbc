import type { ConditionResult } from '#contracts/condition.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import { encodePayload, stringMetric } from '#contracts/sparkplug/payload.ts';
import { buildRecordPayload, type PublishedSequences } from '#contracts/sparkplug/outgoing.ts';
import { CONDITION_RESULT_METRIC, HEALTH_METRIC } from '#contracts/sparkplug/record.ts';
import { formatTopic } from '#contracts/sparkplug/topics.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Journal, JournalRecord } from '../journal/journal.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { encodeDeviceBirth, encodeDeviceDeath, encodeNodeBirth, encodeNodeDeath } from './births.ts';
import type { MqttLink } from './mqtt-session.ts';

export interface EdgeSessionOptions {
  readonly site: string;
  readonly agent: string;
  readonly mqtt: MqttLink;
  readonly bdSeq: number;
  readonly qos: 0 | 1;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly published: PublishedSequences;
  /** Id of the store that acknowledged last; `undefined` while none has, or where the broker's word is enough. */
  readonly storeId: () => string | undefined;
  readonly clock: Clock;
  /** What the broker takes in one packet. */
  readonly maxPacketBytes: number;
  readonly log: Logger;
}

/** Topic and lengths of a PUBLISH, generously. */
const PACKET_HEADER_BYTES = 1_024;

/** One MQTT session as a Sparkplug edge node: births, deaths, and the sequence number common to all its messages. */
export class EdgeSession {
  readonly #options: EdgeSessionOptions;
  #seq = 0;
  #isBorn = false;
  /** Catalogue version of the last birth, by machine that is alive. */
  readonly #bornVersions = new Map<string, number>();
  /** Likewise, deaths included: what a host can decode with. */
  readonly #knownVersions = new Map<string, number>();

  constructor(options: EdgeSessionOptions) {
    this.#options = options;
  }

  get isBorn(): boolean {
    return this.#isBorn;
  }

  isAlive(machineId: string): boolean {
    return this.#bornVersions.has(machineId);
  }

  /** NBIRTH of that name, then a DBIRTH per machine. */
  births(birth: string): void {
    const { journal, bdSeq, clock, pipeline, storeId } = this.#options;
    const { epoch, tail, head } = journal.stats();
    this.#bornVersions.clear();
    this.#seq = 0;
    const stream = { epoch, birth, tail, head, storeId: storeId() };
    this.#send('NBIRTH', undefined, encodeNodeBirth(bdSeq, stream, clock.now()));
    this.#isBorn = true;
    for (const machineId of pipeline.catalogues.ids()) this.birthOf(machineId);
  }

  /** DBIRTH of one machine, unless this very catalogue was announced and the machine is alive. */
  birthOf(machineId: string): void {
    const { pipeline, journal, clock, published, maxPacketBytes, log } = this.#options;
    const catalogue = pipeline.catalogues.wire(machineId);
    if (!catalogue || !this.#isBorn || this.#bornVersions.get(machineId) === catalogue.version) return;
    const payload = encodeDeviceBirth({
      epoch: journal.stats().epoch,
      catalogue,
      latest: (alias) => pipeline.latest.of(alias),
      timestampMs: clock.now(),
      seq: this.#nextSeq(),
      maxBytes: maxPacketBytes - PACKET_HEADER_BYTES,
    });
    if (payload.length > maxPacketBytes - PACKET_HEADER_BYTES)
      log.error(
        { machine: machineId, bytes: payload.length, maxPacketBytes },
        'the birth of this machine is longer than the broker takes: raise the packet limit of the broker and mqtt.maxPacketBytes here, or split the machine',
      );
    this.#send('DBIRTH', machineId, payload);
    this.#bornVersions.set(machineId, catalogue.version);
    this.#knownVersions.set(machineId, catalogue.version);
    for (const { alias } of catalogue.signals) {
      const sequence = pipeline.latest.of(alias)?.sequence ?? 0;
      if (sequence > published.of(alias)) published.set(alias, sequence);
    }
  }

  deathOf(machineId: string): void {
    if (!this.#bornVersions.delete(machineId)) return;
    this.#send('DDEATH', machineId, encodeDeviceDeath(this.#options.clock.now(), this.#nextSeq()));
  }

  /** One journal record; answers the bytes sent. A newer catalogue decodes every older record: aliases never change their meaning. */
  publishRecord(record: JournalRecord, done?: (taken: boolean) => void): number {
    const { journal, published, clock } = this.#options;
    const { sequence, checksum, machineId, metrics, journaledAtMs } = record;
    const catalogueVersion = this.#knownVersions.get(machineId) ?? record.catalogueVersion;
    const payload = buildRecordPayload(
      { epoch: journal.stats().epoch, sequence, catalogueVersion, checksum, journaledAtMs },
      metrics,
      { timestampMs: clock.now(), seq: this.#nextSeq() },
      published,
    );
    if (machineId === '') this.#send('NDATA', undefined, payload, done);
    else this.#send('DDATA', machineId, payload, done);
    return payload.length;
  }

  publishHealth(health: AgentHealth): void {
    const metrics = [{ ...stringMetric(HEALTH_METRIC, JSON.stringify(health)), timestamp: health.t }];
    this.#send('NDATA', undefined, encodePayload({ timestamp: health.t, seq: this.#nextSeq(), metrics }));
  }

  publishResult(result: ConditionResult): void {
    const timestamp = this.#options.clock.now();
    const metrics = [{ ...stringMetric(CONDITION_RESULT_METRIC, JSON.stringify(result)), timestamp }];
    this.#send('NDATA', undefined, encodePayload({ timestamp, seq: this.#nextSeq(), metrics }));
  }

  /** The last word of a clean end: the will would not be sent. */
  nodeDeath(): void {
    const { bdSeq, clock } = this.#options;
    this.#isBorn = false;
    this.#send('NDEATH', undefined, encodeNodeDeath(bdSeq, clock.now()));
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256;
    return this.#seq;
  }

  #send(
    type: 'NBIRTH' | 'NDEATH' | 'NDATA' | 'DBIRTH' | 'DDEATH' | 'DDATA',
    device: string | undefined,
    payload: Uint8Array,
    done?: (taken: boolean) => void,
  ): void {
    const { site: group, agent: edgeNode, mqtt, qos } = this.#options;
    const topic =
      type === 'NBIRTH' || type === 'NDEATH' || type === 'NDATA'
        ? formatTopic({ type, group, edgeNode })
        : formatTopic({ type, group, edgeNode, device: device ?? '' });
    mqtt.publish(topic, payload, type === 'DDATA' || (type === 'NDATA' && done) ? qos : 0, done);
  }
}

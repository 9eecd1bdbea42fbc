/** Payloads of Sparkplug B 3.0 births and deaths (6.4.17-6.4.22): pure functions of what is known. */
import type { WireCatalogue, WireSignal } from '#contracts/catalogue.ts';
import { compressedName, textMetric } from '#contracts/sparkplug/long-text.ts';
import {
  DataType,
  encodePayload,
  stringMetric,
  type Metric,
  type Property,
} from '#contracts/sparkplug/payload.ts';
import {
  BDSEQ_METRIC,
  HEALTH_METRIC,
  REBIRTH_METRIC,
  StreamMetric,
  wireTypeOf,
} from '#contracts/sparkplug/record.ts';
import { BAD_WAITING_FOR_INITIAL_DATA, sparkplugQuality } from '#domain/status-code.ts';
import { nsToMs } from '#domain/time.ts';
import type { LatestValue } from '../pipeline/latest-values.ts';

const bdSeqMetric = (bdSeq: number): Metric => named(BDSEQ_METRIC, DataType.int64, BigInt(bdSeq));

function named(name: string, datatype: number, value: Metric['value']): Metric {
  return { name, datatype, value };
}

/** Metrics that data messages carry by name: a birth must announce each (tck-id-topics-nbirth-metrics). */
const ANNOUNCED: readonly Metric[] = [
  named(StreamMetric.sequence, DataType.uint64, null),
  named(StreamMetric.checksum, DataType.uint32, null),
];

export interface StreamFacts {
  readonly epoch: string;
  /** Names this birth. */
  readonly birth: string;
  readonly tail: number;
  readonly head: number;
  /** That acknowledged last. */
  readonly storeId: string | undefined;
}

/** `seq` is 0 in every NBIRTH (tck-id-payloads-nbirth-seq). */
export function encodeNodeBirth(bdSeq: number, stream: StreamFacts, timestampMs: number): Uint8Array {
  const metrics: Metric[] = [
    bdSeqMetric(bdSeq),
    named(REBIRTH_METRIC, DataType.boolean, false),
    stringMetric(StreamMetric.epoch, stream.epoch),
    named(StreamMetric.tail, DataType.uint64, BigInt(stream.tail)),
    named(StreamMetric.head, DataType.uint64, BigInt(stream.head)),
    stringMetric(StreamMetric.birth, stream.birth),
    ...(stream.storeId === undefined ? [] : [stringMetric(StreamMetric.store, stream.storeId)]),
    ...ANNOUNCED,
    named(StreamMetric.catalogueVersion, DataType.uint32, null),
    named(StreamMetric.kind, DataType.string, null),
    named(StreamMetric.body, DataType.string, null),
    named(compressedName(StreamMetric.body), DataType.bytes, null),
    named(HEALTH_METRIC, DataType.string, null),
  ];
  return encodePayload({ timestamp: timestampMs, seq: 0, metrics: stamped(metrics, timestampMs) });
}

/** The will and the last word: nothing but bdSeq, no seq (tck-id-payloads-ndeath-seq). */
export function encodeNodeDeath(bdSeq: number, timestampMs: number): Uint8Array {
  return encodePayload({ timestamp: timestampMs, metrics: stamped([bdSeqMetric(bdSeq)], timestampMs) });
}

export interface DeviceBirth {
  readonly epoch: string;
  readonly catalogue: WireCatalogue;
  readonly latest: (alias: number) => LatestValue | undefined;
  readonly timestampMs: number;
  readonly seq: number;
  /** A longer birth goes without engineering properties of the signals: the catalogue has them, too. */
  readonly maxBytes?: number;
}

/** Names and aliases, data types, engineering properties and current values of all signals, and the whole catalogue. */
export function encodeDeviceBirth(birth: DeviceBirth): Uint8Array {
  const whole = encodeBirth(birth, true);
  return whole.length <= (birth.maxBytes ?? Infinity) ? whole : encodeBirth(birth, false);
}

function encodeBirth(
  { epoch, catalogue, latest, timestampMs, seq }: DeviceBirth,
  withProperties: boolean,
): Uint8Array {
  const own: Metric[] = [
    stringMetric(StreamMetric.epoch, epoch),
    named(StreamMetric.catalogueVersion, DataType.uint32, catalogue.version),
    textMetric(StreamMetric.catalogue, JSON.stringify(catalogue)),
    ...ANNOUNCED,
    named(StreamMetric.subMs, DataType.bytes, null),
  ];
  const signals = catalogue.signals.map((signal) =>
    signalMetric(withProperties ? signal : bareOf(signal), latest(signal.alias), timestampMs),
  );
  return encodePayload({ timestamp: timestampMs, seq, metrics: [...stamped(own, timestampMs), ...signals] });
}

export function encodeDeviceDeath(timestampMs: number, seq: number): Uint8Array {
  return encodePayload({ timestamp: timestampMs, seq, metrics: [] });
}

const stamped = (metrics: readonly Metric[], timestamp: number): Metric[] =>
  metrics.map((metric) => ({ ...metric, timestamp }));

const bareOf = ({ alias, path, name, dataType, isArray, nodeId }: WireSignal): WireSignal => ({
  alias,
  path,
  name,
  dataType,
  isArray,
  nodeId,
});

function signalMetric(signal: WireSignal, latest: LatestValue | undefined, nowMs: number): Metric {
  const statusCode = latest?.statusCode ?? BAD_WAITING_FOR_INITIAL_DATA;
  const value = latest?.value ?? null;
  return {
    name: signal.path,
    alias: signal.alias,
    timestamp: latest ? Math.max(0, nsToMs(latest.timeNs)) : nowMs,
    datatype: wireTypeOf(signal.dataType, signal.isArray),
    value: typeof value === 'object' && value !== null && 'json' in value ? value.json : value,
    properties: propertiesOf(signal, statusCode),
  };
}

function propertiesOf(signal: WireSignal, statusCode: number): Record<string, Property> {
  return {
    Quality: { type: DataType.int32, value: sparkplugQuality(statusCode) },
    ...(statusCode !== 0 && { StatusCode: { type: DataType.uint32, value: statusCode } }),
    ...(signal.unit && { engUnit: { type: DataType.string, value: signal.unit.symbol } }),
    ...(signal.range && {
      engLow: { type: DataType.double, value: signal.range.low },
      engHigh: { type: DataType.double, value: signal.range.high },
    }),
    ...(signal.meaning !== undefined && { meaning: { type: DataType.string, value: signal.meaning } }),
  };
}

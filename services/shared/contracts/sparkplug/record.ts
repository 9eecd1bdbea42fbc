/** What a record is made of on the wire: names, header, aliases, keys. Codec: record-encoder.ts, record-decoder.ts. */
import type { DataTypeName } from '#domain/machine.ts';
import { DataType } from './payload.ts';

/** Names of the stream's own metrics: in births and in data, never by alias. */
export const StreamMetric = {
  epoch: 'Stream/Epoch',
  sequence: 'Stream/Sequence',
  catalogueVersion: 'Stream/CatalogueVersion',
  checksum: 'Stream/Checksum',
  subMs: 'Stream/SubMs',
  /** When the agent journaled the record, its clock, ms since 1970. */
  journaledAt: 'Stream/JournaledAt',
  /** When the OPC UA server sent the notification, its clock, ms since 1970. */
  serverTime: 'Stream/ServerTime',
  kind: 'Stream/Kind',
  body: 'Stream/Body',
  catalogue: 'Stream/Catalogue',
  /** NBIRTH: oldest sequence still in the journal, and the newest. */
  tail: 'Stream/Tail',
  head: 'Stream/Head',
  /** NBIRTH: names this very birth; the store's answer repeats it. */
  birth: 'Stream/Birth',
  /** NBIRTH: id of the store that acknowledged last; absent while none has. */
  store: 'Stream/Store',
} as const;

export const HEALTH_METRIC = 'Agent/Health';
export const ACK_METRIC = 'Delivery/Ack';
export const REBIRTH_METRIC = 'Node Control/Rebirth';
/** NCMD: what somebody does about an alarm; NDATA: how that ended. */
export const CONDITION_COMMAND_METRIC = 'Condition/Command';
export const CONDITION_RESULT_METRIC = 'Condition/Result';
export const BDSEQ_METRIC = 'bdSeq';

export interface RecordHeader {
  readonly epoch: string;
  readonly sequence: number;
  readonly catalogueVersion: number;
  /** CRC32C of the sample metrics as encoded at first, for fork detection. */
  readonly checksum: number;
  /** ms since 1970, the agent's clock; absent from agents of before. */
  readonly journaledAtMs?: number | undefined;
}

/** By alias. `wireType` is a Sparkplug {@link DataType}; 0 = alias not known. `signal` is what `decode` writes. */
export interface AliasTable {
  wireType: Uint8Array;
  signal: Int32Array;
}

export function createAliasTable(capacity = 64): AliasTable {
  return { wireType: new Uint8Array(capacity), signal: new Int32Array(capacity) };
}

export function setAlias(table: AliasTable, alias: number, wireType: number, signal: number): void {
  if (alias >= table.wireType.length) {
    const wider = createAliasTable(Math.max(alias + 1, table.wireType.length * 2));
    wider.wireType.set(table.wireType);
    wider.signal.set(table.signal);
    Object.assign(table, wider);
  }
  table.wireType[alias] = wireType;
  table.signal[alias] = signal;
}

const WIRE_TYPES: Readonly<Record<DataTypeName, number>> = {
  Boolean: DataType.boolean,
  SByte: DataType.int8,
  Byte: DataType.uint8,
  Int16: DataType.int16,
  UInt16: DataType.uint16,
  Int32: DataType.int32,
  UInt32: DataType.uint32,
  Int64: DataType.int64,
  UInt64: DataType.uint64,
  Float: DataType.float,
  Double: DataType.double,
  String: DataType.string,
  /** As ISO text: a Sparkplug DateTime would cut the digits below 1 ms. */
  DateTime: DataType.string,
  ByteString: DataType.bytes,
  LocalizedText: DataType.string,
  Enumeration: DataType.int32,
  /** `Text` marks JSON. */
  Structure: DataType.text,
};

export const wireTypeOf = (dataType: DataTypeName, isArray: boolean): number =>
  isArray ? DataType.text : WIRE_TYPES[dataType];

const textEncoder = new TextEncoder();

/** Keys of a property set, as they stand on the wire. */
export const QUALITY_KEY = propertyKey('Quality');
export const STATUS_CODE_KEY = propertyKey('StatusCode');
export const TIME_SOURCE_KEY = propertyKey('TimeSource');

function propertyKey(name: string): Uint8Array {
  return Uint8Array.of(0x0a, name.length, ...textEncoder.encode(name));
}

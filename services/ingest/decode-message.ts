import { machineId, signalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import { createSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import type { RecordTimes } from '#contracts/presence.ts';
import type { DeliveredRecord, EventRecord, MachineCatalogue, StreamKey } from '#domain/sample-store.ts';
import { timeMsAt } from '#domain/time.ts';
import { machineCatalogueSchema, toDomainCatalogue, type WireCatalogue } from '#contracts/catalogue.ts';
import {
  agentHealthSchema,
  checkpointBodySchema,
  dropBodySchema,
  epochSchema,
  eventBodySchema,
  gapBodySchema,
  type AgentHealth,
} from '#contracts/delivery.ts';
import {
  conditionResultSchema,
  machineEventSchema,
  subjectOf,
  type ConditionResult,
} from '#contracts/condition.ts';
import type { Metric } from '#contracts/sparkplug/payload.ts';
import {
  createAliasTable,
  CONDITION_RESULT_METRIC,
  HEALTH_METRIC,
  type RecordHeader,
} from '#contracts/sparkplug/record.ts';
import { decodeRecord, peekRecordHeader, type DecodedRecord } from '#contracts/sparkplug/record-decoder.ts';
import type { AgentLane, RawMessage } from './agent-lane.ts';
import type { StreamContext } from './stream-context.ts';

/** Why a payload is refused for good. Closed set: dead-letter codes and metric labels. */
export const REFUSAL_CODES = [
  'SPARKPLUG_MALFORMED',
  'STREAM_HEADER_MISSING',
  'RECORD_KIND_UNKNOWN',
  'RECORD_BODY_INVALID',
  'CATALOGUE_INVALID',
  'ALIAS_REUSED',
  'HEALTH_INVALID',
  'STORE_REFUSED',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What a record itself says of its way. */
export type SaidTimes = Pick<RecordTimes, 'serverTimeMs' | 'journaledAtMs' | 'publishedAtMs'>;

export interface ReadyRecord {
  readonly stream: StreamContext;
  readonly record: DeliveredRecord;
  readonly samples: number;
  /** Source time of the newest sample, ms since 1970; absent for a backlog and for what is not samples. */
  readonly newestMs: number | undefined;
  /** Of samples. */
  readonly said?: SaidTimes | undefined;
}

export interface ReadyCatalogue {
  readonly text: string;
  readonly wire: WireCatalogue;
  /** Of the signals of `wire`, in their order. */
  readonly ids: readonly SignalId[];
  /** Each signal once, as it is now: of one path under several aliases the last one lives. */
  readonly catalogue: MachineCatalogue;
}

export type Decoded =
  | ({ readonly outcome: 'record' } & ReadyRecord)
  /** A catalogue record: to be learnt, then stored as the record. */
  | ({ readonly outcome: 'catalogue' } & ReadyRecord & { readonly learn: ReadyCatalogue })
  | { readonly outcome: 'health'; readonly health: AgentHealth }
  | { readonly outcome: 'command-result'; readonly result: ConditionResult }
  | { readonly outcome: 'nothing' }
  /** To be decoded again once a birth or a catalogue came. `key` tells resends of one record. */
  | { readonly outcome: 'hold'; readonly key: string; readonly why: 'unknown-epoch' | 'unknown-alias' }
  | {
      readonly outcome: 'refused';
      readonly code: RefusalCode;
      readonly reason: string;
      readonly header?: RecordHeader | undefined;
      readonly samples?: number;
    };

const NO_ALIASES = createAliasTable(1);

/** Turns DDATA and NDATA into what the store takes. Holds the columns that all messages are decoded into. */
export class MessageDecoder {
  readonly #scratch: SampleBatch = createSampleBatch(4_096);

  decode(message: RawMessage, lane: AgentLane): Decoded {
    const guess = lane.currentStream;
    try {
      let decoded = this.#run(message.payload, guess);
      if (decoded.header && decoded.header.epoch !== guess?.key.epoch) {
        const stream = lane.streams.get(decoded.header.epoch);
        if (!stream) return unknownEpoch(decoded.header);
        decoded = this.#run(message.payload, stream);
        return this.#classify(message, lane.site, decoded, stream);
      }
      return this.#classify(message, lane.site, decoded, guess);
    } catch (error) {
      if (!isMalformed(error)) throw error;
      const header = peekRecordHeader(message.payload);
      return { outcome: 'refused', code: 'SPARKPLUG_MALFORMED', reason: error.message, header };
    }
  }

  /** Once more, for a record that was decoded by this stream before. */
  decodeFor(message: RawMessage, stream: StreamContext): Decoded {
    return this.#classify(message, message.topic.group, this.#run(message.payload, stream), stream);
  }

  #run(payload: Uint8Array, stream: StreamContext | undefined): DecodedRecord {
    this.#scratch.count = 0;
    this.#scratch.texts = [];
    this.#scratch.blobs = [];
    return decodeRecord(payload, stream?.aliases ?? NO_ALIASES, this.#scratch);
  }

  #classify(
    message: RawMessage,
    site: string,
    decoded: DecodedRecord,
    stream: StreamContext | undefined,
  ): Decoded {
    const { header, kind, others } = decoded;
    if (!header) return withoutHeader(others);
    if (!stream) return unknownEpoch(header);
    if (!epochSchema.safeParse(header.epoch).success)
      return { outcome: 'refused', code: 'STREAM_HEADER_MISSING', reason: 'the epoch is not 16 hex digits' };
    if (kind !== undefined && kind !== 'samples') return bodyRecord(site, decoded, header, stream);
    const { device } = message.topic;
    if (device === undefined)
      return { outcome: 'refused', code: 'RECORD_KIND_UNKNOWN', reason: 'samples need a machine', header };
    if (decoded.unknownAliases > 0)
      return { outcome: 'hold', key: `${header.epoch} ${header.sequence}`, why: 'unknown-alias' };
    const { publishedAtMs, serverTimeMs } = decoded;
    const said = { publishedAtMs, serverTimeMs, journaledAtMs: header.journaledAtMs };
    return this.#samples(machineId(site, device), header, stream, said);
  }

  #samples(machine: MachineId, header: RecordHeader, stream: StreamContext, said: SaidTimes): Decoded {
    const scratch = this.#scratch;
    const batch = compactCopy(scratch);
    return {
      outcome: 'record',
      stream,
      samples: batch.count,
      newestMs: newestTimeMs(batch),
      said,
      record: {
        kind: 'samples',
        stream: stream.key,
        sequence: header.sequence,
        checksum: header.checksum,
        machine,
        batch,
      },
    };
  }
}

const isMalformed = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'SPARKPLUG_MALFORMED';

const unknownEpoch = (header: RecordHeader): Decoded => ({
  outcome: 'hold',
  key: `${header.epoch} ${header.sequence}`,
  why: 'unknown-epoch',
});

/** Columns of just the rows that are there, in one buffer: the store may take it for its own. */
function compactCopy(from: SampleBatch): SampleBatch {
  const { count, texts, blobs } = from;
  const buffer = new ArrayBuffer(count * 26);
  const to: SampleBatch = {
    count,
    timeNs: new BigInt64Array(buffer, 0, count),
    i64: new BigInt64Array(buffer, count * 8, count),
    f64: new Float64Array(buffer, count * 8, count),
    signal: new Int32Array(buffer, count * 16, count),
    statusCode: new Uint32Array(buffer, count * 20, count),
    kind: new Uint8Array(buffer, count * 24, count),
    flags: new Uint8Array(buffer, count * 25, count),
    texts,
    blobs,
  };
  to.timeNs.set(from.timeNs.subarray(0, count));
  to.i64.set(from.i64.subarray(0, count));
  to.signal.set(from.signal.subarray(0, count));
  to.statusCode.set(from.statusCode.subarray(0, count));
  to.kind.set(from.kind.subarray(0, count));
  to.flags.set(from.flags.subarray(0, count));
  return to;
}

/** Of the last sample that is not backfill. */
function newestTimeMs(batch: SampleBatch): number | undefined {
  const words = new Uint32Array(batch.timeNs.buffer, batch.timeNs.byteOffset, batch.count * 2);
  for (let i = batch.count - 1; i >= 0; i -= 1)
    if (((batch.flags[i] ?? 0) & SampleFlag.historical) === 0) return timeMsAt(words, i);
  return undefined;
}

function withoutHeader(others: readonly Metric[]): Decoded {
  const health = others.find(({ name }) => name === HEALTH_METRIC)?.value;
  if (typeof health === 'string') {
    const parsed = agentHealthSchema.safeParse(parseJson(health));
    if (parsed.success) return { outcome: 'health', health: parsed.data };
    return { outcome: 'refused', code: 'HEALTH_INVALID', reason: firstIssue(parsed.error) };
  }
  const result = others.find(({ name }) => name === CONDITION_RESULT_METRIC)?.value;
  if (typeof result === 'string') {
    const { data } = conditionResultSchema.safeParse(parseJson(result));
    return data ? { outcome: 'command-result', result: data } : { outcome: 'nothing' };
  }
  if (others.length === 0) return { outcome: 'nothing' };
  const reason = 'data without Stream/Epoch and Stream/Sequence: not sent by an edge agent of this system';
  return { outcome: 'refused', code: 'STREAM_HEADER_MISSING', reason };
}

function bodyRecord(
  site: string,
  decoded: DecodedRecord,
  header: RecordHeader,
  stream: StreamContext,
): Decoded {
  const head = { stream: stream.key, sequence: header.sequence, checksum: header.checksum };
  const body = decoded.body === undefined ? undefined : parseJson(decoded.body);
  if (decoded.kind === 'catalogue')
    return catalogueRecord({ site, head, body, text: decoded.body ?? '' }, stream, header);
  const make = BODY_RECORDS.get(decoded.kind ?? '');
  if (!make) {
    const reason = `record kind ${JSON.stringify(decoded.kind)} is not known here; is ingest older than the agent?`;
    return { outcome: 'refused', code: 'RECORD_KIND_UNKNOWN', reason, header };
  }
  const record = make(site, head, body, decoded.body ?? '');
  if (typeof record === 'string')
    return { outcome: 'refused', code: 'RECORD_BODY_INVALID', reason: record, header };
  return { outcome: 'record', stream, record, samples: 0, newestMs: undefined };
}

interface Head {
  readonly stream: StreamKey;
  readonly sequence: number;
  readonly checksum: number;
}

/** The record, or what is wrong with its body. */
type BodyReader = (site: string, head: Head, body: unknown, text: string) => DeliveredRecord | string;

const readGap: BodyReader = (site, head, body) => {
  const { data, error } = gapBodySchema.safeParse(body);
  if (!data) return firstIssue(error);
  const { machine, path, from, to, cause } = data;
  return {
    ...head,
    kind: 'gap',
    from: BigInt(from),
    to: BigInt(to),
    cause,
    ...(machine !== undefined && { machine: machineId(site, machine) }),
    ...(machine !== undefined && path !== undefined && { signal: signalId(site, machine, path) }),
  };
};

const readEvent: BodyReader = (site, head, body, text) => {
  const { data, error } = eventBodySchema.safeParse(body);
  if (!data) return firstIssue(error);
  const machine = data.machine === undefined ? {} : { machine: machineId(site, data.machine) };
  const state = stateOf(data);
  if (typeof state === 'string') return state;
  return { ...head, kind: 'event', time: BigInt(data.time), body: text, ...machine, ...state };
};

/** What a machine's event is the state of; a string says what is wrong with it. Types that are not known here are kept as they are. */
function stateOf(body: { readonly type: string }): Pick<EventRecord, 'subject' | 'ended'> | string {
  if (!MACHINE_EVENTS.has(body.type)) return {};
  const { data, error } = machineEventSchema.safeParse(body);
  if (!data) return firstIssue(error);
  const subject = subjectOf(data);
  return subject === undefined ? {} : { subject, ended: data.type === 'condition' && !data.retain };
}

const readDrop: BodyReader = (_site, head, body) => {
  const { data, error } = dropBodySchema.safeParse(body);
  return data ? { ...head, kind: 'drop', ...data } : firstIssue(error);
};

const readCheckpoint: BodyReader = (_site, head, body) => {
  const { data, error } = checkpointBodySchema.safeParse(body);
  return data ? { ...head, kind: 'checkpoint', ...data } : firstIssue(error);
};

const MACHINE_EVENTS: ReadonlySet<string> = new Set(
  machineEventSchema.options.map(({ shape }) => shape.type.value),
);

const BODY_RECORDS: ReadonlyMap<string, BodyReader> = new Map([
  ['gap', readGap],
  ['event', readEvent],
  ['drop', readDrop],
  ['checkpoint', readCheckpoint],
]);

function catalogueRecord(
  part: { readonly site: string; readonly head: Head; readonly body: unknown; readonly text: string },
  stream: StreamContext,
  header: RecordHeader,
): Decoded {
  const learn = readCatalogue(part.site, part.text, part.body);
  if (typeof learn === 'string')
    return { outcome: 'refused', code: 'CATALOGUE_INVALID', reason: learn, header };
  const { version } = learn.wire;
  const record = { ...part.head, kind: 'catalogue', version, catalogue: learn.catalogue } as const;
  return { outcome: 'catalogue', stream, record, samples: 0, newestMs: undefined, learn };
}

/** Of `Stream/Catalogue` or a catalogue record; a string says what is wrong. */
export function readCatalogue(
  site: string,
  text: string,
  body: unknown = parseJson(text),
): ReadyCatalogue | string {
  const { data, error } = machineCatalogueSchema.safeParse(body);
  if (!data) return firstIssue(error);
  const { machine, signals } = toDomainCatalogue(site, data);
  const living = new Map(signals.map((signal) => [signal.id, signal]));
  return {
    text,
    wire: data,
    ids: signals.map(({ id }) => id),
    catalogue: { machine, signals: [...living.values()] },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

function firstIssue(error: SchemaError | undefined): string {
  const issue = error?.issues[0];
  return issue ? `${issue.path.map(String).join('.') || 'body'}: ${issue.message}` : 'body is not valid';
}

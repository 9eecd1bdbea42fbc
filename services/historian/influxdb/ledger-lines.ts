/**
 * Lines of the ledger: what the port has to know beside the samples, kept in InfluxDB too, so that ingest workers need no
 * disk of their own. Records are keyed by (agent, epoch) and their sequence as the time: written twice they are one point.
 */
import { escape } from '@influxdata/influxdb-client';
import type {
  DeadLetter,
  DeliveredRecord,
  EventRecord,
  StreamClose,
  StreamKey,
} from '#domain/sample-store.ts';
import { orderOf, tagText, textFields } from './line-protocol.ts';

export const streamTags = ({ agent, epoch }: StreamKey): string =>
  `agent=${escape.tag(tagText(agent))},epoch=${escape.tag(tagText(epoch))}`;

const text = (value: string): string => escape.quoted(value);

/** What became of a record's samples. */
export interface RecordCounts {
  readonly stored: number;
  readonly rejected: number;
  readonly expired: number;
}

export const NO_COUNTS: RecordCounts = { stored: 0, rejected: 0, expired: 0 };

export interface LedgerRecord extends RecordCounts {
  readonly stream: StreamKey;
  readonly sequence: number;
  /** Absent: not known any more, of a record that was copied from another store. */
  readonly checksum: number | undefined;
}

export function recordLine(record: LedgerRecord): string {
  const { stream, sequence, checksum, stored, rejected, expired } = record;
  let fields = checksum === undefined ? `stored=${stored}i` : `checksum=${checksum}i,stored=${stored}i`;
  if (rejected > 0) fields += `,rejected=${rejected}i`;
  if (expired > 0) fields += `,expired=${expired}i`;
  return `record,${streamTags(stream)} ${fields} ${sequence}`;
}

/** What became of a record, and where its stream stands among those of its agent. */
export interface RecordFate {
  readonly counts: RecordCounts;
  readonly lost?: number | undefined;
  readonly epochNumber: number;
}

/** All lines of one delivered record: its account, and its body where that is not samples. */
export function linesOfRecord(
  record: DeliveredRecord,
  { counts, lost = 0, epochNumber }: RecordFate,
): string[] {
  const { stream, sequence, checksum } = record;
  const account = recordLine({ stream, sequence, checksum, ...counts });
  const body = bodyLine(record, lost);
  if (body === undefined) return [account];
  return record.kind === 'event' ? [account, body, ...standingLine(record, epochNumber)] : [account, body];
}

/** Its time grows with the order of an agent's events: the newest one of a subject is the one with the greatest time, whoever wrote it when. */
export function standingLine(event: Omit<EventRecord, 'kind' | 'checksum'>, epochNumber: number): string[] {
  const { machine, subject, sequence, time, body, ended, stream } = event;
  if (machine === undefined || subject === undefined) return [];
  const tags = `machine=${escape.tag(tagText(machine))},subject=${escape.tag(tagText(subject))}`;
  return [
    `standing,${tags} at=${time}i,body=${text(body)},ended=${ended === true},epoch_number=${epochNumber}i,sequence=${sequence}i,` +
      `stream_agent=${text(stream.agent)},stream_epoch=${text(stream.epoch)} ${orderOf(epochNumber, sequence)}`,
  ];
}

/** What a record says that is no samples. */
export function bodyLine(record: DeliveredRecord, lost = 0): string | undefined {
  const key = streamTags(record.stream);
  switch (record.kind) {
    case 'gap': {
      const { machine, signal, from, to, cause, sequence } = record;
      const where = `${machine === undefined ? '' : `,machine=${text(machine)}`}${signal === undefined ? '' : `,signal=${text(signal)}`}`;
      return `gap,${key} from=${from}i,to=${to}i,cause=${text(cause)}${where} ${sequence}`;
    }
    case 'event': {
      const { machine, time, body, sequence } = record;
      return `event,${key} at=${time}i,body=${text(body)}${machine === undefined ? '' : `,machine=${text(machine)}`} ${sequence}`;
    }
    case 'checkpoint': {
      const { produced, journaled, discarded, sequence } = record;
      return `checkpoint,${key} produced=${produced}i,journaled=${journaled}i,discarded=${discarded}i ${sequence}`;
    }
    case 'drop': {
      const {
        samples,
        sequences: [from, to],
        ranges = [record.sequences],
        cause,
        sequence,
      } = record;
      return `drop,${key} samples=${samples}i,lost=${lost}i,from=${from}i,to=${to}i,${textFields(JSON.stringify(ranges))},cause=${text(cause)} ${sequence}`;
    }
    default:
      return undefined;
  }
}

/** Bytes of a refused payload that are kept: InfluxDB 2.x documents 64 KB for a string. */
const PAYLOAD_LIMIT = 40_000;

/**
 * A letter about refused lines of a record is keyed by the record, so that a redelivery does not double it; every
 * other one by `keyNs`, a time of its own.
 */
export function letterLine(letter: Omit<DeadLetter, 'id'>, keyNs: bigint | undefined): string {
  const { receivedAt, topic, code, reason, stream, sequence, samples, payload } = letter;
  const kept = Buffer.from(payload.subarray(0, PAYLOAD_LIMIT)).toString('base64');
  let fields = `received_at=${receivedAt}i,topic=${text(topic)},code=${text(code)},reason=${text(reason.slice(0, 4_000))},payload=${text(kept)}`;
  if (stream) fields += `,stream_agent=${text(stream.agent)},stream_epoch=${text(stream.epoch)}`;
  if (sequence !== undefined) fields += `,sequence=${sequence}i`;
  if (samples !== undefined) fields += `,samples=${samples}i`;
  if (keyNs !== undefined || !stream) return `dead_letter ${fields} ${keyNs ?? receivedAt}`;
  return `dead_lines,${streamTags(stream)} ${fields} ${sequence ?? 0}`;
}

export const foldLine = (stream: StreamKey, upTo: number, sums: RecordCounts): string =>
  `fold,${streamTags(stream)} stored=${sums.stored}i,rejected=${sums.rejected}i,expired=${sums.expired}i ${upTo}`;

/** `received`: how many sequences the store has as it closes. When it has more, the stream is open again. */
export const closeLine = (stream: StreamKey, close: StreamClose, received: number, keyNs: bigint): string =>
  `close,${streamTags(stream)} head=${close.head}i,produced=${close.produced}i,discarded=${close.discarded}i,carried=${close.carried}i,received=${received}i ${keyNs}`;

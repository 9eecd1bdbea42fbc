import type { MachineId } from '#domain/asset-path.ts';
import { streamKeyText, type StoredEvent, type TimeRange } from '#domain/sample-store.ts';
import { bigintIn, numberIn, textIn, type rowsOf } from './influxql.ts';
import type { Ledger } from './ledger.ts';
import { clampTime, tagValueOf } from './line-protocol.ts';

type Row = ReturnType<typeof rowsOf>[number];

/** Events as the ledger keeps them. Holds nothing: every worker sees the same. */
export class LedgerEvents {
  readonly #ledger: Pick<Ledger, 'rows' | 'streams'>;

  constructor(ledger: Pick<Ledger, 'rows' | 'streams'>) {
    this.#ledger = ledger;
  }

  /** See `SampleStore.events`. InfluxQL orders by the record's place in its stream only: the range is read, then sorted. */
  async list({ from, to }: TimeRange, limit: number, machine?: MachineId): Promise<StoredEvent[]> {
    const [rows, streams] = await Promise.all([
      this.#ledger.rows(`SELECT * FROM "event" WHERE "at" >= ${clampTime(from)} AND "at" < ${clampTime(to)}`),
      this.#ledger.streams(),
    ]);
    const epochs = new Map(streams.map(({ stream, epochNumber }) => [streamKeyText(stream), epochNumber]));
    return rows
      .filter((row) => machine === undefined || row['machine'] === machine)
      .map((row) => {
        const stream = {
          agent: tagValueOf(textIn(row['agent'])),
          epoch: tagValueOf(textIn(row['epoch'])),
        };
        return eventOf(row, {
          stream,
          epochNumber: epochs.get(streamKeyText(stream)) ?? 0,
          sequence: Number(row['time']),
        });
      })
      .sort(newestFirst)
      .slice(0, Math.max(0, Math.floor(limit)));
  }

  /** See `SampleStore.standing`. */
  async standing(): Promise<StoredEvent[]> {
    const rows = await this.#ledger.rows(
      'SELECT * FROM "standing" GROUP BY "machine", "subject" ORDER BY time DESC LIMIT 1',
    );
    return rows.map((row) => ({
      ...eventOf(row, {
        stream: { agent: textIn(row['stream_agent']), epoch: textIn(row['stream_epoch']) },
        epochNumber: numberIn(row['epoch_number']),
        sequence: numberIn(row['sequence']),
      }),
      machine: tagValueOf(textIn(row['machine'])) as MachineId,
      subject: tagValueOf(textIn(row['subject'])),
      ended: row['ended'] === true,
    }));
  }
}

function eventOf(row: Row, origin: Pick<StoredEvent, 'stream' | 'epochNumber' | 'sequence'>): StoredEvent {
  const machine = row['machine'];
  return {
    ...origin,
    time: bigintIn(row['at']),
    body: textIn(row['body']),
    ...(typeof machine === 'string' && { machine: machine as MachineId }),
  };
}

function newestFirst(a: StoredEvent, b: StoredEvent): number {
  if (a.time !== b.time) return a.time > b.time ? -1 : 1;
  if (a.stream.agent !== b.stream.agent) return a.stream.agent < b.stream.agent ? -1 : 1;
  return b.epochNumber - a.epochNumber || b.sequence - a.sequence;
}

import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type { EventRecord, GapRecord, StreamKey, TimeRange } from '#domain/sample-store.ts';
import { SampleFlag } from '#domain/sample.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { InfluxHistorianInput } from '#contracts/config/historian.ts';
import { StartError } from '#platform/errors.ts';
import type { MovedSample } from '../transfer/moved-sample.ts';
import type {
  CopySource,
  RecordAccount,
  StoreBooks,
  StoreCatalogue,
  StreamAccount,
} from '../transfer/store-copy.ts';
import { gapOf } from './gap-watch.ts';
import { InfluxReader, movedOf } from './influx-reader.ts';
import { bigintIn, numberIn, rowsOf, textIn } from './influxql.ts';
import { whereStream, type KnownStream, type Row } from './ledger.ts';
import { LedgerEvents } from './ledger-events.ts';
import { tagValueOf } from './line-protocol.ts';
import { carriedMachines } from './read-back.ts';
import { timeBounds } from './sample-queries.ts';
import { SAMPLE_COLUMNS, storedSampleOf } from './sample-rows.ts';

/** Records whose checksum goes along: redeliveries are of what came a moment ago. */
const RECENT_RECORDS = 20_000;
const PAGE_ROWS = 10_000;
const ALL_LETTERS = 1_000_000;

/** Opens an InfluxDB to copy it elsewhere; nothing in it is changed. @throws StartError */
export async function openInfluxSource(config: InfluxHistorianInput): Promise<InfluxCopySource> {
  const source = new InfluxCopySource(config);
  await source.open();
  await source.connection.ledger.assertFinished();
  if (source.registry.machines().length > 0) return source;
  throw new StartError(
    'COPY_NOTHING',
    `${source.name} holds no samples of ours`,
    '--database, and the address',
  );
}

export class InfluxCopySource extends InfluxReader implements CopySource {
  catalogue(): Promise<StoreCatalogue> {
    const signals: SignalId[] = [];
    for (let no = 1; no < this.registry.nextNo; no += 1)
      signals.push(this.registry.id(no) ?? signals[0] ?? 'unknown/unknown/unknown');
    return Promise.resolve({ machines: this.registry.machines(), signals: [...new Set(signals)] });
  }

  async books(range: TimeRange): Promise<StoreBooks> {
    const { ledger } = this.connection;
    const streams: StreamAccount[] = [];
    for (const known of await ledger.streams()) streams.push(await this.#account(known));
    const gaps = await ledger.rows('SELECT * FROM "gap"');
    const events = await ledger.rows('SELECT * FROM "event"');
    return {
      streams,
      gaps: gaps.map(gapRecordOf),
      events: events.map(eventOf),
      standing: await new LedgerEvents(ledger).standing(),
      letters: await ledger.letters(ALL_LETTERS),
      latest: await this.#latest(range),
    };
  }

  async #account(known: KnownStream): Promise<StreamAccount> {
    const { ledger } = this.connection;
    const audit = await ledger.audit(known);
    const received = SequenceRanges.of(audit.received);
    const upTo = audit.cut?.sequence ?? 0;
    const from = Math.min(upTo, Math.max(0, (received.max ?? 0) - RECENT_RECORDS));
    const drops = await ledger.drops(known.stream);
    return {
      audit,
      machines: (await carriedMachines(ledger, known.stream)).machines,
      records: await this.#records(known.stream, from),
      openLosses: drops.flatMap(({ from: first, to, lost }) =>
        lost > 0 && to > upTo ? [{ from: first, to, samples: lost }] : [],
      ),
    };
  }

  async #records(stream: StreamKey, after: number): Promise<RecordAccount[]> {
    const records: RecordAccount[] = [];
    for (let from = after; ;) {
      const rows = await this.connection.ledger.rows(
        `SELECT * FROM "record" WHERE ${whereStream(stream)} AND time > ${from} ORDER BY time LIMIT ${PAGE_ROWS}`,
      );
      for (const row of rows)
        records.push({
          sequence: Number(row['time']),
          checksum: typeof row['checksum'] === 'number' ? row['checksum'] : undefined,
          stored: numberIn(row['stored']),
          rejected: numberIn(row['rejected']),
          expired: numberIn(row['expired']),
        });
      if (rows.length < PAGE_ROWS) return records;
      from = Number(rows.at(-1)?.['time']);
    }
  }

  async #latest(range: TimeRange): Promise<MovedSample[]> {
    const latest: MovedSample[] = [];
    const bounds = timeBounds(range);
    if (bounds === undefined) return latest;
    for (const { machine } of this.registry.machines()) {
      const source = this.queries.machineSource(machine.id);
      if (source === undefined) continue;
      const answers = await this.ask(
        `SELECT max("seq") AS "newest" ${source} AND ${bounds} GROUP BY "signal"`,
      );
      for (const row of rowsOf(answers.flat())) latest.push(...(await this.#newest(machine.id, source, row)));
    }
    return latest;
  }

  /** The last sample of the record that came last. */
  async #newest(machine: MachineId, source: string, row: Row): Promise<MovedSample[]> {
    const [site = '', id = ''] = machine.split('/');
    const no = this.registry.noOfTags(site, id, textIn(row['signal']));
    const signal = no === undefined ? undefined : this.registry.id(no);
    if (signal === undefined) return [];
    const [series = []] = await this.ask(
      `SELECT ${SAMPLE_COLUMNS} ${this.queries.source(signal) ?? source} AND "seq" = ${String(row['newest'])}`,
    );
    const samples = rowsOf(series)
      .map((one) => storedSampleOf(one, signal))
      .filter(({ sample }) => (sample.flags & SampleFlag.historical) === 0);
    const newest = samples.reduce(
      (a, b) => (b.sample.sourceTimestamp >= a.sample.sourceTimestamp ? b : a),
      samples[0]!,
    );
    return samples.length === 0 ? [] : [movedOf(newest)];
  }
}

const streamOf = (row: Row): StreamKey => ({
  agent: tagValueOf(textIn(row['agent'])),
  epoch: tagValueOf(textIn(row['epoch'])),
});

const optional = (cell: Row[string] | undefined): string | undefined =>
  typeof cell === 'string' ? cell : undefined;

const gapRecordOf = (row: Row): GapRecord => ({
  kind: 'gap',
  stream: streamOf(row),
  sequence: Number(row['time']),
  checksum: 0,
  ...gapOf(row),
});

const eventOf = (row: Row): EventRecord => ({
  kind: 'event',
  stream: streamOf(row),
  sequence: Number(row['time']),
  checksum: 0,
  machine: optional(row['machine']) as MachineId | undefined,
  time: bigintIn(row['at']),
  body: textIn(row['body']),
});

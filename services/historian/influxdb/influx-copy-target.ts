import { parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import type { InfluxHistorianInput } from '#contracts/config/historian.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { belowMsAt, timeMsAt } from '#domain/time.ts';
import { StartError } from '#platform/errors.ts';
import { escape } from '@influxdata/influxdb-client';
import { NS_PER_DAY, type MovedSample } from '../transfer/moved-sample.ts';
import type { CopyOrigin, CopyTarget, StoreBooks } from '../transfer/store-copy.ts';
import { booksLines } from './copied-lines.ts';
import { InfluxReader, patiently } from './influx-reader.ts';
import { literal, numberIn, rowsOf, textIn } from './influxql.ts';
import { LatestValues } from './latest-values.ts';
import { streamTags } from './ledger-lines.ts';
import { clampTime, lineOf, orderOf, tagText } from './line-protocol.ts';
import { LAST_HOUR, lateLineOf } from './rolled-hours.ts';

/** What InfluxDB's own retention may take away while a day is being copied is left out. */
const RETENTION_MARGIN_NS = 3_600_000_000_000n;
const LINES_AT_ONCE = 20_000;
const HOURS_PER_DAY = 24;

/** Opens an InfluxDB that takes a copy; makes its databases when they are missing. @throws StartError */
export async function openInfluxTarget(config: InfluxHistorianInput): Promise<InfluxCopyTarget> {
  const target = new InfluxCopyTarget(config);
  await target.open();
  return target;
}

/** A point written again is the same point: nothing has to be asked before it is written. */
export class InfluxCopyTarget extends InfluxReader implements CopyTarget {
  /** The slot written last, and how many samples it has. */
  #slot: { readonly signal: SignalId; readonly time: bigint; next: number } | undefined;
  /** An earlier copy has been in use. */
  #hasRollups = false;

  get keepsFrom(): bigint | undefined {
    const { retentionDays } = this.connection;
    if (retentionDays === 0) return undefined;
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    return nowNs - BigInt(Math.round(retentionDays * 24)) * (NS_PER_DAY / 24n) + RETENTION_MARGIN_NS;
  }

  async prepare({ storeId, catalogue, streams }: CopyOrigin): Promise<void> {
    const { ledger } = this.connection;
    const [mark] = await ledger.rows('SELECT last("source") AS "source" FROM "copy"');
    const known = mark && textIn(mark['source']);
    if (known === undefined ? this.registry.machines().length > 0 : known !== storeId)
      throw new StartError(
        'COPY_TARGET_IN_USE',
        `${this.name} holds something else already`,
        'copy into another --database',
      );
    await this.#put([this.#mark(storeId, true)]);
    const [row] = rowsOf((await this.ask('SELECT count("signals") AS "hours" FROM "rolled"')).flat());
    this.#hasRollups = numberIn(row?.['hours']) > 0;
    const added = this.registry.numberNew(catalogue.signals.map((id) => ({ id })));
    await this.#put(added.map(({ id, no }) => `signal id=${escape.quoted(id)} ${no}`));
    for (const one of catalogue.machines) {
      if (this.registry.differs(one)) await patiently(() => ledger.putCatalogue(one, []));
      this.registry.learn(one);
    }
    // Epochs are numbered by these times.
    await this.#put(
      streams.map(({ stream, epochNumber }) => `stream,${streamTags(stream)} opened=1i ${epochNumber}`),
    );
  }

  #mark(source: string, unfinished: boolean): string {
    return `copy source=${escape.quoted(source)},unfinished=${unfinished} ${this.connection.ledger.nextKey()}`;
  }

  async #put(lines: readonly string[]): Promise<void> {
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE)
      await patiently(() => this.connection.ledger.write(lines.slice(from, from + LINES_AT_ONCE)));
  }

  async noted(day: number): Promise<ReadonlyMap<SignalId, string>> {
    const rows = await this.connection.ledger.rows(
      `SELECT last("digest") AS "digest", "id" FROM "copied" WHERE "day" = ${literal(String(day))} GROUP BY "signal"`,
    );
    return new Map(rows.map((row) => [textIn(row['id']) as SignalId, textIn(row['digest'])]));
  }

  async note(day: number, digests: ReadonlyMap<SignalId, string>): Promise<void> {
    const key = this.connection.ledger.nextKey();
    const lines = [...digests].map(
      ([signal, digest]) =>
        `copied,day=${day},signal=${escape.tag(tagText(signal))} digest=${escape.quoted(digest)},id=${escape.quoted(signal)} ${key}`,
    );
    await this.#put(this.#hasRollups ? [...this.#lateLines(day, digests.keys(), key), ...lines] : lines);
  }

  /** The hours of that day are to be rolled up anew. */
  #lateLines(day: number, signals: Iterable<SignalId>, key: bigint): string[] {
    const machines = new Set<MachineId>();
    for (const signal of signals) {
      const parts = parseSignalId(signal);
      if (parts) machines.add(`${parts.site}/${parts.machine}`);
    }
    const hours = Array.from({ length: HOURS_PER_DAY }, (_, i) => day * HOURS_PER_DAY + i);
    return [...machines].flatMap((machine) =>
      hours.filter((hour) => hour >= 0 && hour < LAST_HOUR).map((hour) => lateLineOf(machine, hour, key)),
    );
  }

  async write(samples: readonly MovedSample[]): Promise<void> {
    const { writer } = this.connection;
    const { database } = this.config;
    const lines = samples.map((moved) => this.#lineOf(moved));
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
      const some = lines.slice(from, from + LINES_AT_ONCE);
      const [refused] = await patiently(() => writer.write(database, some));
      if (refused)
        throw new StartError(
          'COPY_REFUSED',
          `InfluxDB refuses a sample: ${refused.reason}; the line is ${some[refused.index]?.slice(0, 200) ?? ''}`,
          'that nobody else writes into this database; the type of a field cannot change',
        );
    }
  }

  /** Further samples of one signal at one time are numbered in their order. */
  #lineOf({ sample, epochNumber, sequence }: MovedSample): string {
    const { signal, sourceTimestamp, value, statusCode, flags } = sample;
    const time = clampTime(sourceTimestamp);
    if (this.#slot?.signal === signal && this.#slot.time === time) this.#slot.next += 1;
    else this.#slot = { signal, time, next: 0 };
    const no = this.registry.no(signal);
    const series = no === undefined ? undefined : this.registry.series(no);
    if (series === undefined) throw new RangeError(`no catalogue has the signal ${signal}`);
    const batch = createSampleBatch(1);
    batch.timeNs[0] = sourceTimestamp;
    setValue(batch, 0, value);
    batch.statusCode[0] = statusCode;
    batch.flags[0] = flags;
    const words = new Uint32Array(batch.timeNs.buffer);
    return lineOf(batch, 0, {
      series: this.#slot.next === 0 ? series : `${series},n=${this.#slot.next}`,
      order: String(orderOf(epochNumber, sequence)),
      timeMs: timeMsAt(words, 0),
      belowMsNs: belowMsAt(words, 0),
    });
  }

  async finish(books: StoreBooks): Promise<void> {
    for (const account of books.streams) await this.#put(booksLines.stream(account));
    await this.#put(booksLines.others(books));
    const latest = new LatestValues(this.registry);
    for (const { sample, epochNumber, sequence } of books.latest) {
      const no = this.registry.no(sample.signal);
      if (no !== undefined) latest.putSample(no, sample, orderOf(epochNumber, sequence));
    }
    await this.#put(latest.lines(this.connection.ledger.nextKey()));
    await this.#put([this.#mark(await this.#origin(), false)]);
  }

  async #origin(): Promise<string> {
    const [mark] = await this.connection.ledger.rows('SELECT last("source") AS "source" FROM "copy"');
    return textIn(mark?.['source']);
  }
}

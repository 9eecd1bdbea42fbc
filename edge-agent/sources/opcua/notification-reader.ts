/** Turns NotificationMessages and reads of one machine into sample groups for the sink, and overflow bits into gap records. */
import {
  DataChangeNotification,
  EventNotificationList,
  type DataValue,
  type NotificationMessage,
} from 'node-opcua-client';
import type { MachineEvent } from '#contracts/condition.ts';
import type { LocalizedText } from '#domain/machine.ts';
import { hasOverflow } from '#domain/status-code.ts';
import { valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import { msToNs, nsToMs, type TimeNs } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';
import { OverloadError } from '#platform/errors.ts';
import type { NewestSample, SampleGroup, SourceGap, SourceSink } from '../../pipeline/source.ts';
import { pause } from './deadline.ts';
import { EventReader } from './event-reader.ts';
import type { Structures } from './canonical-json.ts';
import { publishMsOf } from './publish-time.ts';
import { AliasColumns, ColumnWriter, kindOf } from './value-columns.ts';
import type { Item } from './item-table.ts';
import type { SelectedSignal } from './signal-selection.ts';

const RETRY_MS = 200;
/** Of a lag that has become smaller, with each notification. */
const FORGETTING = 0.02;
/** More signals than this overflowed in one notification: one gap record for the machine tells it. */
const MAX_GAP_RECORDS = 50;

/**
 * What of each signal is still awaited after (re)connecting. `initial`: a new subscription reports each value once, changed or
 * not; those may be journaled already. `reread`: the subscription lived on, but the signals were marked Bad meanwhile.
 */
export type Awaiting = 'initial' | 'reread' | 'nothing';

export class NotificationReader {
  readonly #machineId: string;
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #aliases = new AliasColumns();
  readonly #rows = new ColumnWriter(this.#aliases);
  readonly #firsts = new ColumnWriter(this.#aliases);
  readonly #reread = new ColumnWriter(this.#aliases);
  readonly #past = new ColumnWriter(this.#aliases);
  readonly #probe = new ColumnWriter(this.#aliases);
  readonly #paths = new Map<number, string>();
  readonly #awaited = new Set<number>();
  /** Codes of signals that were marked as refused. */
  readonly #refused = new Map<number, number>();
  /** Some servers report every value once more when a session is activated again. */
  readonly #mayRepeat = new Set<number>();
  #lagMs = 0;
  #awaiting: Awaiting = 'nothing';
  readonly events: EventReader;
  /** The server asks for a ConditionRefresh. */
  onRefreshWanted: () => void = () => undefined;
  #resend: { readonly firstNs: Map<number, TimeNs>; areRepeatsDropped: boolean } | undefined;

  /** `texts`: messages of events in further languages. */
  constructor(machineId: string, sink: SourceSink, clock: Clock, texts?: readonly LocalizedText[]) {
    this.#machineId = machineId;
    this.#sink = sink;
    this.#clock = clock;
    this.events = new EventReader({
      machineId,
      texts,
      conditions: () => sink.conditions(machineId),
      onRefreshWanted: () => this.onRefreshWanted(),
    });
  }

  /** What the aliases mean from now on; those of before that are not among them are ignored. */
  setSignals(aliases: Int32Array, signals: readonly SelectedSignal[], structures?: Structures): void {
    this.#aliases.structures = structures;
    this.#aliases.kind.fill(0);
    this.#paths.clear();
    signals.forEach(({ signal }, i) => {
      const alias = aliases[i] ?? 0;
      this.#aliases.set(alias, kindOf(signal.dataType, signal.isArray));
      this.#paths.set(alias, signal.path);
    });
  }

  await(what: Awaiting, aliases: Iterable<number>): void {
    this.#awaiting = what;
    this.#awaited.clear();
    this.#mayRepeat.clear();
    if (what === 'nothing') return;
    for (const alias of aliases) {
      this.#awaited.add(alias);
      if (what === 'reread') this.#mayRepeat.add(alias);
    }
  }

  /**
   * Begins to note the first source time that comes of each signal from now on: where a hole ends. `areRepeatsDropped`: the
   * server is going to send current values once more, so rows that say what was said last are left out.
   */
  watchFirsts(areRepeatsDropped: boolean): ReadonlyMap<number, TimeNs> {
    const firstNs = new Map<number, TimeNs>();
    this.#resend = { firstNs, areRepeatsDropped };
    return firstNs;
  }

  endWatch(): void {
    this.#resend = undefined;
  }

  /** How far the newest source time of a notification lay behind its publish time (its receipt, where it has none): the most of late, ms. */
  get lagMs(): number {
    return this.#lagMs;
  }

  #noteLag({ count, timeNs }: SampleBatch, toldMs: number): void {
    if (count === 0) return;
    const lagMs = Math.max(0, toldMs - nsToMs(timeNs[count - 1] ?? 0n));
    this.#lagMs = Math.max(lagMs, this.#lagMs - (this.#lagMs - lagMs) * FORGETTING);
  }

  get awaited(): ReadonlySet<number> {
    return this.#awaited;
  }

  /** Resolves when every value (and every overflow) of the message is durable. */
  async take(
    message: NotificationMessage,
    subscriptionId: number,
    origin: 'publish' | 'republish',
    signal: AbortSignal,
  ): Promise<void> {
    const nowMs = this.#clock.now();
    this.#rows.clear();
    this.#firsts.clear();
    const overflows = new Map<number, { fromMs: number; toMs: number }>();
    const events: MachineEvent[] = [];
    for (const data of message.notificationData ?? []) {
      if (data instanceof EventNotificationList) events.push(...this.events.read(data, nowMs));
      if (!(data instanceof DataChangeNotification) || data.monitoredItems === null) continue;
      for (const { clientHandle, value } of data.monitoredItems)
        this.#row(clientHandle, value, { nowMs, origin }, overflows);
    }
    const notification = { subscriptionId, sequence: message.sequenceNumber };
    const serverTimeMs = publishMsOf(message);
    const rows = this.#rows.batch;
    const firsts = this.#firsts.batch;
    this.#noteLag(rows, serverTimeMs ?? nowMs);
    if (firsts.count > 0)
      await this.#append(
        {
          machineId: this.#machineId,
          batch: firsts,
          origin: 'refresh',
          serverTimeMs,
          ...(rows.count === 0 && events.length === 0 && { notification }),
        },
        signal,
      );
    if (rows.count > 0 || events.length > 0)
      await this.#append(
        {
          machineId: this.#machineId,
          batch: rows,
          origin,
          notification,
          serverTimeMs,
          ...(events.length > 0 && { events }),
        },
        signal,
      );
    if (overflows.size > 0) await this.#declare(overflows);
  }

  #row(
    alias: number,
    value: DataValue,
    { nowMs, origin }: { readonly nowMs: number; readonly origin: 'publish' | 'republish' },
    overflows: Map<number, { fromMs: number; toMs: number }>,
  ): void {
    const isFirst = this.#awaiting === 'initial' && this.#awaited.has(alias);
    // Not delivered by this process yet: the journal knows whether it is a repeat.
    const isUnknown = this.#resend?.areRepeatsDropped === true && !this.#aliases.hasLast(alias);
    const writer = isFirst || isUnknown ? this.#firsts : this.#rows;
    if (!writer.add(alias, value, nowMs)) return;
    if (this.#resend !== undefined && this.#isResent(alias, writer)) return;
    if (this.#mayRepeat.size > 0 && origin === 'publish' && this.#mayRepeat.delete(alias))
      if (writer.isRepeated(alias)) {
        writer.drop();
        return;
      }
    if (this.#awaited.size > 0) this.#awaited.delete(alias);
    if (hasOverflow(value.statusCode.value)) {
      const toMs = value.sourceTimestamp?.getTime() ?? nowMs;
      const lastMs = this.#aliases.lastTimeMs(alias);
      overflows.set(alias, { fromMs: Number.isNaN(lastMs) ? toMs : Math.min(lastMs, toMs), toMs });
    }
    writer.remember(alias);
  }

  #isResent(alias: number, writer: ColumnWriter): boolean {
    const { firstNs, areRepeatsDropped } = this.#resend ?? { firstNs: new Map(), areRepeatsDropped: false };
    if (!firstNs.has(alias)) firstNs.set(alias, writer.batch.timeNs[writer.batch.count - 1] ?? 0n);
    if (!areRepeatsDropped || !writer.isRepeated(alias)) return false;
    writer.drop();
    return true;
  }

  async #declare(overflows: ReadonlyMap<number, { fromMs: number; toMs: number }>): Promise<void> {
    const gap = (fromMs: number, toMs: number, path?: string): SourceGap => ({
      machineId: this.#machineId,
      ...(path !== undefined && { path }),
      from: msToNs(fromMs),
      to: msToNs(toMs),
      cause: 'queue-overflow',
    });
    const spans = [...overflows];
    if (spans.length > MAX_GAP_RECORDS) {
      await this.#sink.gap(
        gap(
          Math.min(...spans.map(([, { fromMs }]) => fromMs)),
          Math.max(...spans.map(([, { toMs }]) => toMs)),
        ),
      );
      return;
    }
    await Promise.all(
      spans.map(([alias, { fromMs, toMs }]) => this.#sink.gap(gap(fromMs, toMs, this.#paths.get(alias)))),
    );
  }

  /**
   * Values that were read. `newer: 'left'`: one newer than what the subscription last delivered is left to the subscription,
   * which will report it: otherwise it would be there twice. `'taken'`: the subscription had its chance, and its
   * notification may be among the lost ones.
   */
  async takeRead(
    items: readonly Item[],
    values: readonly (DataValue | undefined)[],
    newer: 'left' | 'taken',
    signal: AbortSignal,
  ): Promise<void> {
    const nowMs = this.#clock.now();
    const rows = this.#reread;
    rows.clear();
    items.forEach(({ alias }, i) => {
      const value = values[i];
      if (!value || !rows.add(alias, value, nowMs)) return;
      const order = this.#order(alias, rows);
      // Older: the subscription has delivered since. Equal: nothing new, but it ends the mark of an absence.
      if (order < 0 || (order > 0 && newer === 'left')) rows.drop();
      else if (newer === 'taken') rows.remember(alias);
      else this.#awaited.delete(alias);
    });
    if (rows.batch.count > 0)
      await this.#append({ machineId: this.#machineId, batch: rows.batch, origin: 'refresh' }, signal);
  }

  /** Against what was delivered last, also by an earlier process: below 0 older, above 0 newer; 0 where nothing is known. */
  #order(alias: number, rows: ColumnWriter): number {
    const compared = rows.compareTime(alias);
    if (!Number.isNaN(compared)) return compared;
    const known = this.#sink.newest(alias);
    if (known === undefined) return 0;
    const tick = (rows.batch.timeNs[rows.batch.count - 1] ?? 0n) / 100n;
    return Number(tick - known.timeNs / 100n);
  }

  /** Values of the past, of one signal in their order. */
  async takeHistory(alias: number, values: readonly DataValue[], signal: AbortSignal): Promise<void> {
    const rows = this.#past;
    rows.clear();
    for (const value of values) rows.add(alias, value, this.#clock.now());
    if (rows.batch.count > 0)
      await this.#append({ machineId: this.#machineId, batch: rows.batch, origin: 'history' }, signal);
  }

  /** Signals that the server does not let us watch (any more) are Bad, each with its code; told once. */
  async markRefused(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const rows = this.#past;
    rows.clear();
    for (const { alias, monitoredItemId, refusedStatus } of items) {
      if (monitoredItemId !== 0) this.#refused.delete(alias);
      if (refusedStatus === undefined || this.#refused.get(alias) === refusedStatus) continue;
      this.#refused.set(alias, refusedStatus);
      rows.mark(alias, refusedStatus, this.#clock.now());
    }
    if (rows.batch.count > 0)
      await this.#append({ machineId: this.#machineId, batch: rows.batch, origin: 'publish' }, signal);
  }

  /** One value as it would be journaled, to be compared. */
  asSample(alias: number, value: DataValue): NewestSample | undefined {
    this.#probe.clear();
    if (!this.#probe.add(alias, value, 0)) return undefined;
    const { batch } = this.#probe;
    return { timeNs: batch.timeNs[0] ?? 0n, value: valueAt(batch, 0), statusCode: batch.statusCode[0] ?? 0 };
  }

  async #append(group: SampleGroup, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#sink.append(group);
        return;
      } catch (error) {
        if (!(error instanceof OverloadError) || signal.aborted) throw error;
        await pause(RETRY_MS, signal);
      }
    }
  }
}

/** Turns NotificationMessages and reads of one machine into sample groups for the sink, and overflow bits into gap records. */
import { DataChangeNotification, type DataValue, type NotificationMessage } from 'node-opcua-client';
import { hasOverflow } from '#domain/status-code.ts';
import { msToNs } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';
import { OverloadError } from '#platform/errors.ts';
import type { SampleGroup, SampleOrigin, SourceGap, SourceSink } from '../../pipeline/source.ts';
import { pause } from './deadline.ts';
import { AliasColumns, ColumnWriter, kindOf } from './value-columns.ts';
import type { Item } from './item-table.ts';
import type { SelectedSignal } from './signal-selection.ts';

const RETRY_MS = 200;
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
  readonly #paths = new Map<number, string>();
  readonly #awaited = new Set<number>();
  #awaiting: Awaiting = 'nothing';

  constructor(machineId: string, sink: SourceSink, clock: Clock) {
    this.#machineId = machineId;
    this.#sink = sink;
    this.#clock = clock;
  }

  /** What the aliases mean from now on; those of before that are not among them are ignored. */
  setSignals(aliases: Int32Array, signals: readonly SelectedSignal[]): void {
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
    if (what !== 'nothing') for (const alias of aliases) this.#awaited.add(alias);
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
    for (const data of message.notificationData ?? []) {
      if (!(data instanceof DataChangeNotification) || data.monitoredItems === null) continue;
      for (const { clientHandle, value } of data.monitoredItems)
        this.#row(clientHandle, value, nowMs, overflows);
    }
    const notification = { subscriptionId, sequence: message.sequenceNumber };
    const rows = this.#rows.batch;
    const firsts = this.#firsts.batch;
    if (firsts.count > 0)
      await this.#append(
        {
          machineId: this.#machineId,
          batch: firsts,
          origin: 'refresh',
          ...(rows.count === 0 && { notification }),
        },
        signal,
      );
    if (rows.count > 0)
      await this.#append({ machineId: this.#machineId, batch: rows, origin, notification }, signal);
    if (overflows.size > 0) await this.#declare(overflows);
  }

  #row(
    alias: number,
    value: DataValue,
    nowMs: number,
    overflows: Map<number, { fromMs: number; toMs: number }>,
  ): void {
    let writer = this.#rows;
    if (this.#awaited.size > 0 && this.#awaited.delete(alias) && this.#awaiting === 'initial')
      writer = this.#firsts;
    if (!writer.add(alias, value, nowMs)) return;
    const times = this.#aliases.lastTimeMs;
    const timeMs = value.sourceTimestamp?.getTime() ?? nowMs;
    if (hasOverflow(value.statusCode.value)) {
      const lastMs = times[alias] ?? NaN;
      overflows.set(alias, {
        fromMs: Number.isNaN(lastMs) ? timeMs : Math.min(lastMs, timeMs),
        toMs: timeMs,
      });
    }
    times[alias] = timeMs;
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
      await this.#sink.gap(gap(Math.min(...spans.map(([, { fromMs }]) => fromMs)), Math.max(...spans.map(([, { toMs }]) => toMs)))); // prettier-ignore
      return;
    }
    await Promise.all(spans.map(([alias, { fromMs, toMs }]) => this.#sink.gap(gap(fromMs, toMs, this.#paths.get(alias))))); // prettier-ignore
  }

  /**
   * Values that were read because their signals are still awaited. One newer than what the subscription last delivered is left
   * to the subscription, which will report it: otherwise it would be there twice.
   */
  async takeRead(
    items: readonly Item[],
    values: readonly (DataValue | undefined)[],
    signal: AbortSignal,
  ): Promise<void> {
    const nowMs = this.#clock.now();
    this.#reread.clear();
    items.forEach(({ alias }, i) => {
      const value = values[i];
      if (!value || !this.#awaited.has(alias)) return;
      const lastMs = this.#aliases.lastTimeMs[alias] ?? NaN;
      const timeMs = value.sourceTimestamp?.getTime() ?? NaN;
      if (timeMs > lastMs) return;
      this.#awaited.delete(alias);
      this.#reread.add(alias, value, nowMs);
    });
    if (this.#reread.batch.count > 0)
      await this.#append({ machineId: this.#machineId, batch: this.#reread.batch, origin: 'refresh' satisfies SampleOrigin }, signal); // prettier-ignore
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

/** The sink's contract (edge-agent/pipeline/source.ts) in memory: what would be durable, in order, to be looked at. */
import { EventEmitter } from 'node:events';
import { conditionKey, type ConditionBody, type MachineEvent } from '#contracts/condition.ts';
import type { SampleValue } from '#domain/sample.ts';
import { SampleFlag } from '#domain/sample.ts';
import { valueAt } from '#domain/sample-batch.ts';
import type {
  MachineLink,
  NewestSample,
  NotificationPosition,
  SampleGroup,
  SourceGap,
  SourceMachine,
  SourceSignal,
  SourceSink,
} from '../../../edge-agent/pipeline/source.ts';

export interface Row {
  readonly path: string;
  readonly timeNs: bigint;
  readonly value: SampleValue;
  readonly statusCode: number;
  readonly flags: number;
  readonly origin: string;
}

export class MemorySink extends EventEmitter implements SourceSink {
  constructor() {
    super();
    this.setMaxListeners(0);
  }

  readonly rows: Row[] = [];
  /** Bad samples of signals whose machine went away; apart, so that `rows` is what the server sent. */
  readonly marks: Row[] = [];
  readonly events: MachineEvent[] = [];
  readonly gaps: SourceGap[] = [];
  readonly links: MachineLink[] = [];
  readonly notifications = new Set<string>();
  readonly catalogues: (readonly SourceSignal[])[] = [];
  readonly #aliases = new Map<string, number>();
  readonly #paths = new Map<number, string>();
  readonly #newest = new Map<number, Row>();
  /** Without the marks of absence. */
  readonly #own = new Map<number, Row>();
  readonly #owed = new Set<number>();
  readonly #conditions = new Map<string, ConditionBody>();
  #last: NotificationPosition | undefined;
  readonly #positions: { readonly rows: number; readonly notification: NotificationPosition }[] = [];
  #hints: unknown;
  aliveCount = 0;
  /** Called before a group is taken; its promise is the disk. */
  gate: (group: SampleGroup) => Promise<void> = async () => {};

  async catalogue(_machine: SourceMachine, signals: readonly SourceSignal[]): Promise<Int32Array> {
    this.catalogues.push(signals);
    return Int32Array.from(signals, ({ path }) => {
      const alias = this.#aliases.get(path) ?? this.#aliases.size + 1;
      this.#aliases.set(path, alias);
      this.#paths.set(alias, path);
      return alias;
    });
  }

  async append(group: SampleGroup): Promise<void> {
    const { batch, origin, notification } = group;
    const rows: [number, Row][] = Array.from({ length: batch.count }, (_none, i) => [
      batch.signal[i] ?? 0,
      {
        path: this.#paths.get(batch.signal[i] ?? 0) ?? `alias ${batch.signal[i]}`,
        timeNs: batch.timeNs[i] ?? 0n,
        value: valueAt(batch, i),
        statusCode: batch.statusCode[i] ?? 0,
        flags: batch.flags[i] ?? 0,
        origin,
      },
    ]);
    await this.gate(group);
    const key = notification && `${notification.subscriptionId}:${notification.sequence}`;
    if (origin === 'republish' && key !== undefined && this.notifications.has(key)) return;
    for (const [alias, row] of rows) {
      const newest = this.#newest.get(alias);
      if (
        origin === 'refresh' &&
        newest &&
        newest.timeNs === row.timeNs &&
        newest.statusCode === row.statusCode &&
        Object.is(newest.value, row.value)
      )
        continue;
      this.rows.push(row);
      this.#newest.set(alias, row);
      if (origin !== 'history') this.#own.set(alias, row);
      this.#owed.delete(alias);
    }
    for (const event of group.events ?? []) {
      const known = event.type === 'condition' ? this.#conditions.get(conditionKey(event)) : undefined;
      if (
        known &&
        event.type === 'condition' &&
        known.eventId === event.eventId &&
        known.retain === event.retain
      )
        continue;
      if (event.type === 'condition') {
        if (event.retain) this.#conditions.set(conditionKey(event), event);
        else this.#conditions.delete(conditionKey(event));
      }
      this.events.push(event);
    }
    if (key !== undefined) this.notifications.add(key);
    if (notification) {
      this.#last = notification;
      this.#positions.push({ rows: this.rows.length, notification });
    }
    this.emit('rows');
  }

  async gap(gap: SourceGap): Promise<void> {
    this.gaps.push(gap);
    this.emit('gap');
  }

  alive(): void {
    this.aliveCount += 1;
  }

  link(_machineId: string, link: MachineLink): void {
    if (link !== 'online' && this.links.at(-1) === 'online')
      for (const [alias, path] of this.#paths) {
        const row: Row = {
          path,
          timeNs: BigInt(Date.now()) * 1_000_000n,
          value: null,
          statusCode: 0x80310000,
          flags: SampleFlag.agentTime,
          origin: 'link',
        };
        this.marks.push(row);
        this.#owed.add(alias);
        this.#newest.set(alias, row);
      }
    this.links.push(link);
    this.emit('link');
  }

  newest(alias: number): NewestSample | undefined {
    return this.#own.get(alias);
  }

  /** As after a disk that lied: the newest `count` notifications, acknowledged long ago, are gone. Answers their rows. */
  loseNewest(count: number): Row[] {
    this.#positions.splice(-count);
    const { rows = 0, notification } = this.#positions.at(-1) ?? {};
    this.#last = notification;
    const lost = this.rows.splice(rows);
    for (const [alias, path] of this.#paths) {
      const newest = this.of(path).at(-1);
      if (!newest) continue;
      this.#own.set(alias, newest);
      this.#newest.set(alias, newest);
    }
    return lost;
  }

  owesValues(): boolean {
    return this.#owed.size > 0;
  }

  conditions(): ReadonlyMap<string, ConditionBody> {
    return this.#conditions;
  }

  signals(): readonly SourceSignal[] {
    return this.catalogues.at(-1) ?? [];
  }

  lastNotification(): NotificationPosition | undefined {
    return this.#last;
  }

  async saveHints(_machineId: string, hints: unknown): Promise<void> {
    this.#hints = JSON.parse(JSON.stringify(hints));
  }

  hints(): unknown {
    return this.#hints;
  }

  of(path: string): Row[] {
    return this.rows.filter((row) => row.path === path);
  }

  values(path: string): SampleValue[] {
    return this.of(path).map(({ value }) => value);
  }

  /** Waits until `condition` holds; looked at after each event. */
  async until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!condition()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(
            `${what}: not within ${timeoutMs} ms; links ${this.links.join(',')}, ${this.rows.length} rows`,
          ),
        );
      }, timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        for (const event of ['rows', 'link', 'gap']) this.off(event, look);
      };
      for (const event of ['rows', 'link', 'gap']) this.on(event, look);
    });
  }
}

export { SampleFlag };

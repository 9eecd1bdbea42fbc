import type { ConditionBody, MachineEvent } from '#contracts/condition.ts';
import { encodeBody, encodeSamples } from '#contracts/sparkplug/record-encoder.ts';
import { createSampleBatch, ValueKind } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import { BAD_NO_COMMUNICATION, type StatusCode } from '#domain/status-code.ts';
import { msToNs } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { Disk } from '../journal/disk.ts';
import type { Journal, JournalRecord, NewRecord, Notification } from '../journal/journal.ts';
import { Catalogues } from './catalogues.ts';
import { ConditionBook } from './condition-book.ts';
import { CollisionFreeTimes } from './collision-free-times.ts';
import { bodyRecord, eventRecord, gapRecord, type EventBody } from './body-records.ts';
import { LatestValues } from './latest-values.ts';
import { copyOf, onlyNews } from './news.ts';
import { SourceHints } from './source-hints.ts';
import type {
  MachineLink,
  NewestSample,
  NotificationPosition,
  SampleGroup,
  SourceGap,
  SourceMachine,
  SourceSignal,
  SourceSink,
} from './source.ts';

export interface PipelineOptions {
  readonly journal: Journal;
  readonly disk: Disk;
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Longest body of one record, bytes. */
  readonly payloadBytes: number;
}

/** What the pipeline tells whoever publishes. */
export interface PipelineListener {
  /** The machine has another catalogue, or came back: it needs a birth. */
  readonly onMachineUp: (machineId: string) => void;
  /** Its signals are Bad, durably: a death follows. */
  readonly onMachineDown: (machineId: string) => void;
}

interface MachineRuntime {
  link: MachineLink;
  /** Monotonic ms of the last proof of life. */
  aliveAt: number | undefined;
  /** Settles when the group appended last is durable, or refused. */
  lastAppend: Promise<unknown>;
}

const DOWN: ReadonlySet<MachineLink> = new Set<MachineLink>(['silent', 'offline', 'refused']);

/** Where all sources meet: a Publish response becomes one atomic group of journal records. */
export class Pipeline implements SourceSink {
  readonly catalogues: Catalogues;
  readonly latest = new LatestValues();
  readonly #conditions: ConditionBook;
  readonly #options: PipelineOptions;
  readonly #times = new CollisionFreeTimes();
  readonly #machines = new Map<string, MachineRuntime>();
  readonly #hints: SourceHints;
  #listener: PipelineListener = { onMachineUp: () => {}, onMachineDown: () => {} };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.catalogues = new Catalogues(options.disk, options.dir);
    this.#hints = new SourceHints(options.disk, options.dir);
    this.#conditions = new ConditionBook(options.disk, options.dir);
  }

  /** Takes up what a former run left: aliases, hints, and the newest values still in the journal. */
  async start(): Promise<void> {
    const { journal } = this.#options;
    await this.catalogues.start(journal.stats().head);
    await this.#hints.start();
    await this.#conditions.start();
    await this.#replayLatest();
    journal.onDurable((records) => this.#durable(records));
  }

  listen(listener: PipelineListener): void {
    this.#listener = listener;
  }

  async #replayLatest(): Promise<void> {
    const { journal } = this.#options;
    let at = Math.max(1, journal.stats().head - 5_000);
    for (;;) {
      const records = await journal.read(at, 1024 * 1024);
      if (records.length === 0) return;
      for (const record of records) this.#apply(record);
      at = (records.at(-1)?.sequence ?? at) + 1;
    }
  }

  #durable(records: readonly JournalRecord[]): void {
    for (const record of records) this.#apply(record);
    void this.#conditions
      .save()
      .catch((error: unknown) =>
        this.#options.log.warn({ why: messageOf(error) }, 'the list of open conditions was not written'),
      );
  }

  #apply(record: JournalRecord): void {
    try {
      this.latest.apply(record, this.catalogues.aliases);
      this.#conditions.apply(record);
    } catch (error) {
      this.#options.log.error(
        { sequence: record.sequence, why: messageOf(error) },
        'a journaled record does not decode',
      );
    }
  }

  #machine(machineId: string): MachineRuntime {
    let found = this.#machines.get(machineId);
    if (!found) {
      found = { link: 'connecting', aliveAt: undefined, lastAppend: Promise.resolve() };
      this.#machines.set(machineId, found);
    }
    return found;
  }

  // --- SourceSink ---

  async catalogue(machine: SourceMachine, signals: readonly SourceSignal[]): Promise<Int32Array> {
    const { aliases, changed } = await this.catalogues.put(machine, signals);
    if (changed) {
      await this.#journalCatalogue(machine.id);
      this.#listener.onMachineUp(machine.id);
    }
    return aliases;
  }

  async #journalCatalogue(machineId: string): Promise<void> {
    const wire = this.catalogues.wire(machineId);
    if (!wire) return;
    await this.#options.journal.append([
      { ...bodyRecord('catalogue', wire), catalogueVersion: wire.version },
    ]);
    this.catalogues.settled(this.#options.journal.stats().head + 1);
  }

  /** In a new epoch nothing of the old one's catalogues is known: they are journaled again. */
  async journalCatalogues(): Promise<void> {
    for (const machineId of this.catalogues.ids()) await this.#journalCatalogue(machineId);
  }

  append(group: SampleGroup): Promise<void> {
    const machine = this.#machine(group.machineId);
    if (group.batch.count === 0 && !group.events?.length) return Promise.resolve();
    machine.aliveAt = this.#options.clock.monotonic();
    if (group.origin === 'republish' && this.#isJournaled(group)) return Promise.resolve();
    const isNews = group.origin === 'refresh' || group.origin === 'history';
    const done = isNews
      ? this.#appendNews({ ...group, batch: copyOf(group.batch) }, machine)
      : group.events?.length
        ? this.#appendEvents({ ...group, batch: copyOf(group.batch) }, machine)
        : this.#journalGroup(group);
    machine.lastAppend = done.catch(() => {});
    return done;
  }

  #isJournaled({ machineId, notification }: SampleGroup): boolean {
    const last = this.lastNotification(machineId);
    if (!notification || last?.subscriptionId !== notification.subscriptionId) return false;
    return (last.sequence - notification.sequence) >>> 0 < 0x80000000;
  }

  /** What is under way is awaited first: it may be what the server tells once more. */
  async #appendEvents(group: SampleGroup, machine: MachineRuntime): Promise<void> {
    await machine.lastAppend;
    const events = (group.events ?? []).filter((event) => !this.#conditions.isKnown(event));
    if (events.length > 0 || group.batch.count > 0) await this.#journalGroup({ ...group, events });
  }

  #journalGroup({ machineId, batch, notification, events = [], serverTimeMs }: SampleGroup): Promise<void> {
    const { journal, payloadBytes } = this.#options;
    this.#times.assign(batch.signal, batch.timeNs, batch.count);
    const records: NewRecord[] = [];
    const catalogueVersion = this.catalogues.version(machineId);
    for (let from = 0; from < batch.count;) {
      const rows = { from, to: batch.count, serverTimeMs };
      const content = encodeSamples(batch, this.catalogues.aliases, rows, payloadBytes);
      const samples = content.rowEnd - from;
      records.push({ kind: 'samples', machineId, catalogueVersion, samples, content, notification });
      from = content.rowEnd;
    }
    for (const event of events)
      records.push({
        kind: 'event',
        machineId,
        catalogueVersion,
        samples: 0,
        content: encodeBody('event', event),
        notification,
      });
    return journal.append(records);
  }

  /** Rows that say something new: compared with the newest durable value, so what is under way is awaited first. */
  async #appendNews(group: SampleGroup, machine: MachineRuntime): Promise<void> {
    await machine.lastAppend;
    const nowNs = msToNs(this.#options.clock.now());
    const batch = onlyNews(group.batch, {
      latest: this.latest,
      isHistory: group.origin === 'history',
      nowNs,
    });
    if (batch.count > 0) await this.#journalGroup({ ...group, batch });
  }

  async gap(gap: SourceGap): Promise<void> {
    await this.#options.journal.append([gapRecord(gap)]);
  }

  /** `body` by its own `type`. */
  async event(body: EventBody): Promise<void> {
    await this.#options.journal.append([eventRecord(body, this.#options.clock.now())]);
  }

  /** Fixes a cut of the audit: what was counted up to its own place in the stream. */
  async checkpoint(): Promise<void> {
    await this.#options.journal.append([
      {
        kind: 'checkpoint',
        machineId: '',
        catalogueVersion: 0,
        samples: 0,
        content: ({ journaled, discarded }) =>
          encodeBody('checkpoint', { produced: journaled + discarded, journaled, discarded }),
      },
    ]);
  }

  alive(machineId: string): void {
    this.#machine(machineId).aliveAt = this.#options.clock.monotonic();
  }

  /** ms since the last proof of life; `undefined` when there was none. */
  aliveMs(machineId: string): number | undefined {
    const at = this.#machines.get(machineId)?.aliveAt;
    return at === undefined ? undefined : this.#options.clock.monotonic() - at;
  }

  linkOf(machineId: string): MachineLink {
    return this.#machines.get(machineId)?.link ?? 'connecting';
  }

  link(machineId: string, link: MachineLink, statusCode: StatusCode = BAD_NO_COMMUNICATION): void {
    const machine = this.#machine(machineId);
    const before = machine.link;
    if (before === link) return;
    machine.link = link;
    this.#options.log.info({ machine: machineId, before, link }, 'machine link changed');
    if (link === 'online') this.#listener.onMachineUp(machineId);
    else if (DOWN.has(link) && !DOWN.has(before)) this.#markDown(machineId, machine, statusCode);
  }

  #markDown(machineId: string, machine: MachineRuntime, statusCode: StatusCode): void {
    const markNs = msToNs(this.#options.clock.now());
    const signals = this.catalogues.signals(machineId);
    const batch = createSampleBatch(Math.max(1, signals.length));
    for (const { alias } of signals) {
      const latest = this.latest.of(alias);
      if (latest?.value === null && latest.statusCode === statusCode) continue;
      const i = batch.count++;
      batch.signal[i] = alias;
      batch.timeNs[i] = markNs;
      batch.kind[i] = ValueKind.null;
      batch.statusCode[i] = statusCode;
      batch.flags[i] = SampleFlag.agentTime;
    }
    const marked =
      batch.count === 0 ? Promise.resolve() : this.#journalGroup({ machineId, batch, origin: 'publish' });
    machine.lastAppend = marked.then(
      () => this.#listener.onMachineDown(machineId),
      (error: unknown) =>
        this.#options.log.warn(
          { machine: machineId, why: messageOf(error) },
          'the machine could not be marked as away',
        ),
    );
  }

  newest(alias: number): NewestSample | undefined {
    return this.latest.own(alias);
  }

  owesValues(machineId: string): boolean {
    return this.catalogues.signals(machineId).some(({ alias }) => this.latest.awaySince(alias) !== undefined);
  }

  conditions(machineId: string): ReadonlyMap<string, ConditionBody> {
    return this.#conditions.of(machineId);
  }

  /** Nobody reads the machine any more: nobody would tell when its alarms end. */
  async endConditions(machineId: string): Promise<void> {
    const time = String(msToNs(this.#options.clock.now()));
    const open = [...this.conditions(machineId).values()];
    const events = open.map((one): MachineEvent => ({ ...one, time, retain: false, inferred: true }));
    for (const event of events) await this.#options.journal.append([bodyRecord('event', event)]);
  }

  signals(machineId: string): readonly SourceSignal[] {
    return this.catalogues.signals(machineId);
  }

  lastNotification(machineId: string): NotificationPosition | undefined {
    const last: Notification | undefined = this.#options.journal.lastNotification(machineId);
    return last;
  }

  saveHints(machineId: string, hints: unknown): Promise<void> {
    return this.#hints.save(machineId, hints);
  }

  hints(machineId: string): unknown {
    return this.#hints.of(machineId);
  }
}

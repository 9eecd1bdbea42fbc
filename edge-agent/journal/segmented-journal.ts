import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { StoreUnavailableError } from '#platform/errors.ts';
import { AppendQueue, type Group } from './append-queue.ts';
import { DiskGuard } from './disk-guard.ts';
import { EpochFiles } from './epoch-files.ts';
import { carryOver, removeOtherEpochs } from './carry-over.ts';
import { withDefaults, type JournalOptions } from './journal-options.ts';
import { JournalReader } from './journal-reader.ts';
import type { Journal, JournalRecord, JournalStats, NewRecord, NextEpoch, Notification } from './journal.ts';
import {
  MAX_LOSSES_AT_ONCE,
  dropRecords,
  hullOf,
  intentsOf,
  lossOfDrop,
  lossOfIntent,
  type Loss,
} from './losses.ts';
import { Quarantine } from './quarantine.ts';
import { RecordCache } from './record-cache.ts';
import { RoomMaker } from './room-maker.ts';
import { SentRecords } from './sent-records.ts';
import { Signal } from './signal.ts';
import { BEGIN, StateFile, type JournalState } from './state-file.ts';

type JournalLife = 'new' | 'running' | 'stopping' | 'stopped';

const COMMIT_BYTES = 4 * 1024 * 1024;
const STOP_FLUSH_MS = 3_000;

/** The journal as segment files: one loop writes, in groups; reads and acknowledgements come in between. */
export class SegmentedJournal implements Journal {
  readonly #options: ReturnType<typeof withDefaults>;
  readonly #state: StateFile;
  readonly #cache: RecordCache;
  readonly #queue: AppendQueue;
  readonly #guard: DiskGuard;
  readonly #signal = new Signal();
  readonly #sent = new SentRecords();
  readonly #quarantine: Quarantine;
  readonly #room: RoomMaker;
  #files: EpochFiles;
  #reader: JournalReader;
  #life: JournalLife = 'new';
  #unlock: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #acknowledged = new SequenceRanges();
  /** To be declared. */
  #losses: Loss[] = [];
  #task: (() => Promise<void>) | undefined;
  #listeners: ((records: readonly JournalRecord[]) => void)[] = [];

  constructor(options: JournalOptions) {
    this.#options = withDefaults(options);
    this.#state = new StateFile(this.#options.disk, options.dir);
    this.#cache = new RecordCache(options.cacheBytes);
    this.#queue = new AppendQueue(this.#options.maxPendingBytes);
    this.#guard = new DiskGuard(this.#options);
    this.#quarantine = new Quarantine(this.#options);
    this.#files = new EpochFiles('', this.#options);
    this.#reader = this.#newReader(this.#files);
    this.#room = new RoomMaker({
      options: this.#options,
      guard: this.#guard,
      state: this.#state,
      files: () => this.#files,
      reader: () => this.#reader,
      acknowledged: () => this.#acknowledged,
      maybeStored: (sequence) => this.#sent.has(sequence),
      announce: (records) => this.#announce(records),
      declareIntended: (losses) => this.#declareIntended(losses),
    });
  }

  #newReader(files: EpochFiles): JournalReader {
    const { log } = this.#options;
    const onLoss = (loss: Loss): void => {
      this.#losses.push(loss);
      this.#signal.raise();
    };
    return new JournalReader(files, { quarantine: this.#quarantine, log, cache: this.#cache, onLoss });
  }

  async start(): Promise<void> {
    const { disk, dir, newEpoch, log } = this.#options;
    await disk.ensureDir(dir);
    this.#unlock = await disk.lock(dir);
    const state = await this.#state.open(newEpoch());
    await removeOtherEpochs(disk, dir, state.epoch);
    await this.#guard.fillReserve();
    this.#files = new EpochFiles(state.epoch, this.#options);
    this.#reader = this.#newReader(this.#files);
    const start = { sequence: state.start, samplesBefore: state.samplesBeforeStart };
    const found = await this.#files.recover(start);
    this.#resumeAcknowledgements();
    if (found) {
      if (found.cutBytes > 0) log.info({ cutBytes: found.cutBytes }, 'journal: torn tail cut');
      await this.#takeIntents(state.intents);
      for (const loss of found.losses) this.#reader.note(loss);
    } else if (state.start === 1) await this.#files.create();
    else {
      log.error({ epoch: state.epoch }, 'journal: all segments are gone; a new epoch begins');
      await this.#switchTo(new EpochFiles(newEpoch(), this.#options));
    }
    if (this.#state.current.unconfirmedHead === null)
      await this.#state.update({ unconfirmedHead: this.#files.head });
    await this.lookAtQuarantine();
    this.#sent.begin(this.#state.current.start, this.#files.head);
    this.#life = 'running';
    this.#loop = this.#run();
  }

  #resumeAcknowledgements(): void {
    this.#acknowledged = new SequenceRanges();
    const { start } = this.#state.current;
    if (start > 1) this.#acknowledged.add(1, start - 1);
  }

  /** What was to be declared when the process ended: done, or to be done now, before anything else. */
  async #takeIntents(intents: JournalState['intents']): Promise<void> {
    for (const intent of intents) {
      const loss = lossOfIntent(intent);
      if (intent.onlyWithRecord === true && !(await this.#isDeclared(intent.sequence, loss))) continue;
      for (const range of loss.ranges) this.#reader.holes.add(...range);
      if (intent.sequence > this.#files.head) this.#losses.push(loss);
      else for (const range of loss.ranges) this.#acknowledged.add(...range);
    }
  }

  async #isDeclared(sequence: number, { ranges }: Loss): Promise<boolean> {
    if (sequence > this.#files.head) return false;
    const [record] = await this.#reader.read(sequence, 1);
    if (record?.kind !== 'drop' || record.sequence !== sequence) return false;
    return hullOf(lossOfDrop(record).ranges).join() === hullOf(ranges).join();
  }

  async stop(): Promise<void> {
    if (this.#life !== 'running') return;
    this.#life = 'stopping';
    this.#signal.raise();
    await this.#loop;
    this.#life = 'stopped';
    this.#queue.rejectAll(new StoreUnavailableError('JOURNAL_CLOSED', 'the agent stops: nothing was taken'));
    await this.#rememberTail().catch(() => {}); // records are sent twice then, no more
    await this.#files.close();
    await this.#state.close();
    this.#unlock?.();
  }

  /** So that a clean restart sends nothing again. */
  async #rememberTail(): Promise<void> {
    const start = this.#tail();
    const segment = this.#files.segmentOf(start);
    if (!segment || start <= this.#state.current.start || this.#losses.length > 0) return;
    const samplesBeforeStart = await this.#files.samplesBefore(segment, start);
    await this.#state.update({ start, samplesBeforeStart });
  }

  stats(): JournalStats {
    const { head, epoch, bytes, syncs, lastSyncMs } = this.#files;
    const tail = this.#tail();
    return {
      epoch,
      head,
      tail,
      ...this.#files.oldest(),
      ...this.#files.counters(),
      bytes,
      limitBytes: this.#options.maxBytes,
      oldestUnacknowledgedAtMs: tail > head ? undefined : this.#files.segmentOf(tail)?.timeMsOf(tail),
      problem: this.#problem,
      pendingBytes: this.#queue.bytes,
      syncs,
      lastSyncMs,
      damagedRecords: this.#reader.damagedRecords,
      quarantined: this.#quarantine.count,
    };
  }

  get #problem(): string | undefined {
    return this.#guard.problem ?? this.#room.problem;
  }

  #tail(): number {
    return this.#acknowledged.contiguousEnd(1) + 1;
  }

  // --- appending ---

  append(records: readonly NewRecord[]): Promise<void> {
    if (this.#life !== 'running')
      return Promise.reject(new StoreUnavailableError('JOURNAL_CLOSED', 'the journal is closed'));
    const done = this.#queue.add(records);
    this.#signal.raise();
    return done;
  }

  discard(samples: number): void {
    this.#files.discarded += samples;
  }

  onDurable(listener: (records: readonly JournalRecord[]) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  async #run(): Promise<void> {
    const { clock, retryMs } = this.#options;
    let stopBy = Infinity;
    for (;;) {
      if (this.#life === 'stopping') {
        stopBy = Math.min(stopBy, clock.monotonic() + STOP_FLUSH_MS);
        const isIdle = this.#queue.isEmpty && this.#losses.length === 0;
        if (isIdle || this.#problem !== undefined || clock.monotonic() > stopBy) return;
      }
      this.#signal.lower();
      try {
        if (!(await this.#step())) await this.#signal.wait(this.#problem === undefined ? undefined : retryMs);
      } catch (error) {
        await this.#guard.failed(error);
        this.#signal.lower();
        if (this.#life === 'running') await this.#signal.wait(retryMs);
      }
    }
  }

  /** One piece of work; false when there is none. */
  async #step(): Promise<boolean> {
    const task = this.#task;
    if (task) {
      this.#task = undefined;
      await task();
      return true;
    }
    if (this.#losses.length > 0) {
      await this.#declare(this.#losses.splice(0, MAX_LOSSES_AT_ONCE), {});
      return true;
    }
    if (await this.#trim()) return true;
    const controlOnly = !(await this.#room.hasRoom());
    const batch = this.#queue.take(COMMIT_BYTES, controlOnly);
    if (batch.length === 0) return false;
    await this.#commit(batch);
    if (!batch.every(({ control }) => control)) this.#guard.succeeded();
    return true;
  }

  async #commit(batch: readonly Group[]): Promise<void> {
    let records: readonly JournalRecord[];
    try {
      records = await this.#files.commit(batch.map((group) => group.records));
    } catch (error) {
      this.#queue.putBack(batch);
      throw error;
    }
    this.#announce(records);
    this.#queue.done(batch);
  }

  #announce(records: readonly JournalRecord[]): void {
    for (const record of records) this.#cache.push(record);
    for (const listener of this.#listeners) listener(records);
  }

  // --- bounds and losses ---

  /** Writes down what is going to be declared, and by which record, before anything goes; then declares it. */
  async #declare(losses: readonly Loss[], change: Partial<JournalState>): Promise<void> {
    try {
      await this.#state.update({ ...change, intents: intentsOf(losses, this.#files.head + 1) });
    } catch (error) {
      this.#losses.unshift(...losses);
      throw error;
    }
    await this.#declareIntended(losses);
  }

  /** No other record may come between: the intents name the sequences. */
  async #declareIntended(losses: readonly Loss[]): Promise<void> {
    if (losses.length === 0) return;
    try {
      this.#announce(await this.#files.commit([dropRecords(losses)]));
    } catch (error) {
      this.#losses.unshift(...losses); // the next step declares them, with the same sequences
      throw error;
    }
    for (const { ranges } of losses) for (const range of ranges) this.#acknowledged.add(...range);
  }

  // --- reading and acknowledging ---

  read(from: number, maxBytes: number): Promise<readonly JournalRecord[]> {
    return this.#reader.read(from, maxBytes);
  }

  acknowledge(ranges: readonly SequenceRange[]): number {
    const { head } = this.#files;
    let fresh = 0;
    for (const [from, to] of ranges)
      if (from <= head) fresh += this.#acknowledged.add(from, Math.min(to, head));
    if (fresh > 0) this.#signal.raise();
    return fresh;
  }

  isAcknowledged(sequence: number): boolean {
    return this.#acknowledged.has(sequence);
  }

  claim(sequence: number): boolean {
    if (this.#room.givesUp(sequence) || this.#reader.holes.has(sequence)) return false;
    if (this.#options.whenFull === 'thin') this.#sent.add(sequence);
    return true;
  }

  unacknowledged(from: number, to: number): SequenceRange[] {
    return this.#acknowledged.missing(from, Math.min(to, this.#files.head));
  }

  forgetAcknowledgements(): void {
    const { first } = this.#files.oldest();
    this.#acknowledged = new SequenceRanges();
    if (first > 1) this.#acknowledged.add(1, first - 1);
    const undeclared = SequenceRanges.of(this.#losses.flatMap(({ ranges }) => ranges));
    for (const [from, to] of this.#reader.holes.toArray())
      for (const declared of undeclared.missing(from, to)) this.#acknowledged.add(...declared);
  }

  /** Gives back whole segments that are acknowledged: the new start is durable before a file goes. */
  async #trim(): Promise<boolean> {
    const { segments } = this.#files;
    const tail = this.#tail();
    this.#cache.release(tail);
    const start = segments.findLast(({ first }) => first <= tail);
    if (!start || start === segments[0]) return false;
    await this.#state.update({ start: start.first, samplesBeforeStart: start.samplesBefore });
    for (const segment of segments.splice(0, segments.indexOf(start))) await this.#files.remove(segment);
    return true;
  }

  // --- small facts ---

  lookAtQuarantine = (): Promise<void> => this.#quarantine.look(this.#files.dir);

  lastNotification(machineId: string): Notification | undefined {
    return this.#files.notifications.get(machineId);
  }

  get storeId(): string | undefined {
    return this.#state.current.storeId ?? undefined;
  }

  setStoreId = (storeId: string): Promise<void> => this.#state.update({ storeId });

  get publishableHead(): number {
    return this.#state.current.unconfirmedHead ?? this.#files.head;
  }

  async confirmHead(): Promise<void> {
    this.#sent.agreed();
    if (this.#state.current.unconfirmedHead !== null) await this.#state.update({ unconfirmedHead: null });
  }

  async nextBdSeq(): Promise<number> {
    const bdSeq = (this.#state.current.bdSeq + 1) % 256;
    await this.#state.update({ bdSeq });
    return bdSeq;
  }

  // --- epochs ---

  beginEpoch(next: NextEpoch): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#task = () => this.#beginEpoch(next).then(resolve, reject);
    this.#signal.raise();
    return promise;
  }

  async #beginEpoch(next: NextEpoch): Promise<void> {
    const files = new EpochFiles(this.#options.newEpoch(), this.#options);
    await files.create();
    await carryOver({ reader: this.#reader, from: this.#files, to: files, before: this.stats() }, next);
    await this.#switchTo(files);
  }

  async #switchTo(next: EpochFiles): Promise<void> {
    if (next.segments.length === 0) await next.create();
    const before = this.#files;
    const { epoch, head: unconfirmedHead } = next;
    await this.#state.update({ ...BEGIN, epoch, unconfirmedHead });
    this.#files = next;
    this.#reader = this.#newReader(next);
    this.#cache.clear();
    this.#losses = [];
    this.#resumeAcknowledgements();
    this.#sent.begin(1, 0);
    await before.destroy();
  }
}

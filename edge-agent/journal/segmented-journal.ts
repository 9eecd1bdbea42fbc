import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { encodeBody } from '#contracts/sparkplug/record.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { OverloadError, StoreUnavailableError, codeOf, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { nodeDisk, replaceFile, writeAll, type Disk } from './disk.ts';
import { EpochFiles } from './epoch-files.ts';
import type { Journal, JournalRecord, JournalStats, NewRecord, Notification } from './journal.ts';
import { RecordCache } from './record-cache.ts';
import type { Loss } from './recovery.ts';
import type { Damage, Segment } from './segment.ts';
import { StateFile, type JournalState } from './state-file.ts';

export interface JournalOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly whenFull: 'block' | 'drop-oldest';
  readonly reserveBytes: number;
  readonly cacheBytes: number;
  readonly log: Logger;
  readonly disk?: Disk;
  readonly clock?: Clock;
  /** 16 hex digits. */
  readonly newEpoch?: () => string;
  /** Appended and not yet durable; beyond it `append` refuses. */
  readonly maxPendingBytes?: number;
  /** Pause after a failed write. */
  readonly retryMs?: number;
}

interface Group {
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  /** Not samples: may pass them while the disk is full, since a loss must be declarable. */
  readonly control: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type JournalLife = 'new' | 'running' | 'stopping' | 'stopped';

const COMMIT_BYTES = 4 * 1024 * 1024;
const STOP_FLUSH_MS = 3_000;
const MAX_INTENTS = 8;

const sizeOf = (records: readonly NewRecord[]): number =>
  records.reduce(
    (sum, { content }) => sum + 96 + (typeof content === 'function' ? 160 : content.metrics.length),
    0,
  );

export class SegmentedJournal implements Journal {
  readonly #options: Required<JournalOptions>;
  readonly #state: StateFile;
  readonly #cache: RecordCache;
  #files: EpochFiles;
  #life: JournalLife = 'new';
  #unlock: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #called = false;
  #queue: Group[] = [];
  #pendingBytes = 0;
  #acknowledged = new SequenceRanges();
  /** Sequences that cannot be read: declared, or about to be. */
  #holes = new SequenceRanges();
  #losses: Loss[] = [];
  #task: (() => Promise<void>) | undefined;
  #listeners: ((records: readonly JournalRecord[]) => void)[] = [];
  #problem: string | undefined;
  #failing = false;
  #damagedRecords = 0;
  #trimming: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = {
      disk: nodeDisk,
      clock: systemClock,
      newEpoch: () => randomBytes(8).toString('hex'),
      maxPendingBytes: 32 * 1024 * 1024,
      retryMs: 500,
      ...options,
    };
    this.#state = new StateFile(this.#options.disk, options.dir);
    this.#cache = new RecordCache(options.cacheBytes);
    this.#files = new EpochFiles('', this.#options);
  }

  async start(): Promise<void> {
    const { disk, dir, newEpoch, log } = this.#options;
    await disk.ensureDir(dir);
    this.#unlock = await disk.lock(dir);
    const state = await this.#state.open(newEpoch());
    await this.#removeStrays(state.epoch);
    this.#files = new EpochFiles(state.epoch, this.#options);
    const found = await this.#files.recover({
      sequence: state.start,
      samplesBefore: state.samplesBeforeStart,
    });
    if (found) {
      if (found.cutBytes > 0) log.info({ cutBytes: found.cutBytes }, 'journal: torn tail cut');
      this.#takeLosses(found.losses);
    } else if (state.start === 1) await this.#files.create();
    else {
      log.error({ epoch: state.epoch }, 'journal: all segments are gone; a new epoch begins');
      await this.#switchTo(new EpochFiles(newEpoch(), this.#options));
    }
    this.#resumeAcknowledgements();
    if (this.#state.current.unconfirmedHead === null)
      await this.#state.update({ unconfirmedHead: this.#files.head });
    this.#takeIntents(this.#state.current.intents);
    await this.#reserve();
    this.#life = 'running';
    this.#loop = this.#run();
  }

  /** What a crash left of other epochs, or of segments before the start. */
  async #removeStrays(epoch: string): Promise<void> {
    const { disk, dir } = this.#options;
    for (const name of await disk.list(dir))
      if (/^[0-9a-f]{16}$/.test(name) && name !== epoch) await disk.removeDir(join(dir, name));
  }

  #resumeAcknowledgements(): void {
    this.#acknowledged = new SequenceRanges();
    const { start } = this.#state.current;
    if (start > 1) this.#acknowledged.add(1, start - 1);
  }

  #takeIntents(intents: JournalState['intents']): void {
    for (const { sequence, sequences, samples, cause } of intents) {
      this.#holes.add(...sequences);
      if (sequence > this.#files.head) this.#losses.push({ sequences, samples, cause });
      else this.#acknowledged.add(...sequences);
    }
  }

  async stop(): Promise<void> {
    if (this.#life === 'stopped' || this.#life === 'new') return;
    this.#life = 'stopping';
    this.#wakeUp();
    await this.#loop;
    this.#life = 'stopped';
    const closed = new StoreUnavailableError('JOURNAL_CLOSED', 'the agent stops: nothing was taken');
    for (const group of this.#queue.splice(0)) group.reject(closed);
    await this.#trimming;
    await this.#files.close();
    await this.#state.close();
    this.#unlock?.();
  }

  stats(): JournalStats {
    const { head } = this.#files;
    const tail = this.#tail();
    return {
      epoch: this.#files.epoch,
      head,
      tail,
      ...this.#files.counters(),
      bytes: this.#files.bytes,
      limitBytes: this.#options.maxBytes,
      oldestUnacknowledgedAtMs: tail > head ? undefined : this.#files.segmentOf(tail)?.timeMsOf(tail),
      problem: this.#problem,
      pendingBytes: this.#pendingBytes,
      syncs: this.#files.syncs,
      lastSyncMs: this.#files.lastSyncMs,
      damagedRecords: this.#damagedRecords,
    };
  }

  #tail(): number {
    return this.#acknowledged.contiguousEnd(1) + 1;
  }

  // --- appending ---

  append(records: readonly NewRecord[]): Promise<void> {
    if (this.#life !== 'running')
      return Promise.reject(new StoreUnavailableError('JOURNAL_CLOSED', 'the journal is closed'));
    const bytes = sizeOf(records);
    const control = records.every(({ kind }) => kind !== 'samples' && kind !== 'catalogue');
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.#options.maxPendingBytes)
      return Promise.reject(
        new OverloadError('JOURNAL_BACKLOG', 'more is waiting for the disk than may be kept in memory'),
      );
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, bytes, control, resolve, reject });
      this.#pendingBytes += bytes;
      this.#wakeUp();
    });
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

  #wakeUp(): void {
    this.#called = true;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Until somebody calls (or has called since the last step began), or for `timeoutMs`. */
  #pause(timeoutMs?: number): Promise<void> {
    if (this.#called) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#wakeUp(), timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    let stopBy = Infinity;
    for (;;) {
      if (this.#life === 'stopping') {
        stopBy = Math.min(stopBy, clock.monotonic() + STOP_FLUSH_MS);
        const idle = this.#queue.length === 0 && this.#losses.length === 0;
        if (idle || this.#problem !== undefined || clock.monotonic() > stopBy) return;
      }
      this.#called = false;
      try {
        if (!(await this.#step()))
          await this.#pause(this.#problem === undefined ? undefined : this.#options.retryMs);
      } catch (error) {
        await this.#writeFailed(error);
        this.#called = false;
        await this.#pause(this.#options.retryMs);
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
      await this.#declareLosses();
      return true;
    }
    const controlOnly = !(await this.#hasRoom());
    const batch = this.#takeBatch(controlOnly);
    if (batch.length === 0) return false;
    await this.#commit(batch);
    return true;
  }

  async #commit(batch: readonly Group[]): Promise<void> {
    let records: JournalRecord[];
    try {
      records = await this.#files.commit(batch.map((group) => group.records));
    } catch (error) {
      this.#queue.unshift(...batch);
      throw error;
    }
    if (this.#failing && !batch.every(({ control }) => control)) this.#recovered();
    for (const record of records) this.#cache.push(record);
    for (const group of batch) this.#pendingBytes -= group.bytes;
    for (const listener of this.#listeners) listener(records);
    for (const group of batch) group.resolve();
  }

  #takeBatch(controlOnly: boolean): Group[] {
    if (!controlOnly && this.#queue.length < 512 && this.#pendingBytes <= COMMIT_BYTES) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    const batch: Group[] = [];
    const rest: Group[] = [];
    let bytes = 0;
    for (const group of this.#queue) {
      if (bytes < COMMIT_BYTES && (!controlOnly || group.control)) {
        batch.push(group);
        bytes += group.bytes;
      } else rest.push(group);
    }
    this.#queue = rest;
    return batch;
  }

  // --- bounds and a disk that refuses ---

  /** Whether samples may be written; makes room where the policy says so. */
  async #hasRoom(): Promise<boolean> {
    const { maxBytes, whenFull, segmentBytes, disk, dir, reserveBytes } = this.#options;
    if (this.#failing) {
      if ((await disk.freeBytes(dir)) < 2 * reserveBytes + 64 * 1024) return false;
      await this.#reserve();
      return true;
    }
    const limit = maxBytes - reserveBytes;
    if (whenFull === 'drop-oldest')
      while (this.#files.bytes + segmentBytes / 4 > limit && (await this.#dropOldest()));
    const full = this.#files.bytes > limit;
    if (full !== (this.#problem !== undefined)) {
      this.#problem = full
        ? 'the journal has reached its limit (journal.maxBytes): reading is paused until the historian takes records'
        : undefined;
      if (full) this.#options.log.warn({ bytes: this.#files.bytes }, this.#problem);
    }
    return !full;
  }

  async #writeFailed(error: unknown): Promise<void> {
    const { log, disk, dir } = this.#options;
    const full = codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';
    this.#problem = full
      ? 'the disk of the journal is full: reading is paused; free some space'
      : `the disk of the journal refuses to write (${codeOf(error)}): reading is paused; check the disk`;
    if (!this.#failing) log.error({ err: error }, this.#problem);
    this.#failing = true;
    if (full) await disk.unlink(join(dir, 'reserve')).catch(() => {});
  }

  #recovered(): void {
    this.#failing = false;
    this.#problem = undefined;
    this.#options.log.info('the disk of the journal takes records again');
  }

  /** Bytes on the disk that are given back when it is full, so that a loss can still be declared. */
  async #reserve(): Promise<void> {
    const { disk, dir, reserveBytes } = this.#options;
    const path = join(dir, 'reserve');
    try {
      const known = await disk.readFile(path);
      if (known?.length === reserveBytes) return;
      const file = await disk.open(path, 'create');
      try {
        await writeAll(file, Buffer.alloc(reserveBytes, 0x5a), 0);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await disk.unlink(path).catch(() => {});
      this.#options.log.warn({ why: messageOf(error) }, 'journal: no room for the reserve');
    }
  }

  /** Gives up the oldest segment; its loss is declared. False when there is none to give up. */
  async #dropOldest(): Promise<boolean> {
    const oldest = this.#files.segments[0];
    if (!oldest || oldest.last < oldest.first) return false;
    if (this.#files.isActive(oldest)) await this.#files.seal();
    const losses = await this.#lossesOf(oldest);
    const start = oldest.last + 1;
    const samplesBeforeStart = this.#files.segments[1]?.samplesBefore ?? this.#files.journaled;
    await this.#intend(losses, { start, samplesBeforeStart });
    this.#files.segments.shift();
    this.#cache.release(start);
    this.#holes.add(oldest.first, oldest.last);
    await this.#files.remove(oldest);
    if (losses.length > 0) this.#options.log.error({ losses }, 'journal full: oldest records given up');
    await this.#commitLosses(losses);
    this.#acknowledged.add(1, start - 1);
    return true;
  }

  /** Samples of the unacknowledged records of a segment, by range. */
  async #lossesOf(segment: Segment): Promise<Loss[]> {
    const ranges = this.#acknowledged.missing(segment.first, segment.last);
    const samples = ranges.map(() => 0);
    await segment.eachSound((frame) => {
      const i = ranges.findIndex(([from, to]) => frame.sequence >= from && frame.sequence <= to);
      if (i >= 0 && frame.kind === 'samples') samples[i] = (samples[i] ?? 0) + frame.samples;
    });
    const losses = ranges.map((sequences, i) => ({
      sequences,
      samples: samples[i] ?? 0,
      cause: 'journal-full',
    }));
    return losses.length <= MAX_INTENTS
      ? losses
      : [...losses.slice(0, MAX_INTENTS - 1), hullOf(losses.slice(MAX_INTENTS - 1))];
  }

  async #declareLosses(): Promise<void> {
    const losses = this.#losses.slice(0, MAX_INTENTS);
    await this.#intend(losses, {});
    await this.#commitLosses(losses);
    this.#losses.splice(0, losses.length);
    for (const { sequences } of losses) this.#acknowledged.add(...sequences);
  }

  /** Writes down what is going to be declared, and by which record, before anything goes. */
  async #intend(losses: readonly Loss[], change: Partial<JournalState>): Promise<void> {
    const first = this.#files.head + 1;
    const intents = losses.map((loss, i) => ({
      sequence: first + i,
      sequences: [...loss.sequences] as [number, number],
      samples: loss.samples,
      cause: loss.cause,
    }));
    await this.#state.update({ ...change, intents });
  }

  async #commitLosses(losses: readonly Loss[]): Promise<void> {
    if (losses.length === 0) return;
    const records = losses.map(({ sequences, samples, cause }): NewRecord => ({
      kind: 'drop',
      machineId: '',
      catalogueVersion: 0,
      samples,
      content: encodeBody('drop', { samples, sequences, cause }),
    }));
    const group = { records, bytes: 0, control: true, resolve: () => {}, reject: () => {} };
    try {
      await this.#commit([group]);
    } catch (error) {
      this.#queue.shift(); // declared anew by the intents: keeps its place as the next record
      this.#losses.unshift(...losses.filter((loss) => !this.#losses.includes(loss)));
      throw error;
    }
  }

  // --- reading ---

  async read(from: number, maxBytes: number): Promise<readonly JournalRecord[]> {
    let at = from;
    for (;;) {
      if (this.#holes.has(at)) at = this.#holes.contiguousEnd(at) + 1;
      if (at > this.#files.head) return [];
      const cached = this.#cache.from(at, maxBytes);
      if (cached) return cached;
      const segment = this.#files.segmentOf(at);
      if (!segment) {
        at = this.#files.segments[0]?.first ?? this.#files.head + 1;
        continue;
      }
      const to = Math.min(segment.last, this.#files.head);
      const { frames, damage } = await this.#readSegment(segment, at, to, maxBytes);
      if (damage) await this.#noteDamage(segment, damage);
      if (frames.length > 0) return frames;
      if (!damage) at = to + 1;
    }
  }

  async #readSegment(
    segment: Segment,
    from: number,
    to: number,
    maxBytes: number,
  ): Promise<{ frames: readonly JournalRecord[]; damage: Damage | undefined }> {
    try {
      return await segment.read(from, to, maxBytes);
    } catch (error) {
      if (this.#files.segments.includes(segment)) throw error;
      return { frames: [], damage: undefined }; // trimmed meanwhile
    }
  }

  async #noteDamage(segment: Segment, damage: Damage): Promise<void> {
    const loss = await this.#files.lossOf(segment, damage);
    if (this.#holes.has(loss.sequences[0])) return;
    this.#options.log.error({ ...loss, file: segment.path }, 'journal: damaged records quarantined');
    await this.#quarantine(segment);
    this.#takeLosses([loss]);
    this.#wakeUp();
  }

  #takeLosses(losses: readonly Loss[]): void {
    for (const loss of losses) {
      this.#holes.add(...loss.sequences);
      this.#damagedRecords += loss.sequences[1] - loss.sequences[0] + 1;
      this.#losses.push(loss);
    }
  }

  /** A copy for whoever wants to look; the newest per segment. */
  async #quarantine(segment: Segment): Promise<void> {
    const { disk, dir } = this.#options;
    const folder = join(dir, 'quarantine');
    try {
      await disk.ensureDir(folder);
      const bytes = await disk.readFile(segment.path);
      if (bytes) await replaceFile(disk, folder, `${this.#files.epoch}-${segment.first}.seg`, bytes);
    } catch (error) {
      this.#options.log.warn({ why: messageOf(error) }, 'journal: the damaged segment could not be copied');
    }
  }

  // --- acknowledgements ---

  acknowledge(ranges: readonly SequenceRange[]): number {
    const { head } = this.#files;
    let fresh = 0;
    for (const [from, to] of ranges)
      if (from <= head) fresh += this.#acknowledged.add(from, Math.min(to, head));
    if (fresh > 0) this.#trim();
    return fresh;
  }

  isAcknowledged(sequence: number): boolean {
    return this.#acknowledged.has(sequence);
  }

  unacknowledged(from: number, to: number): SequenceRange[] {
    return this.#acknowledged.missing(from, Math.min(to, this.#files.head));
  }

  forgetAcknowledgements(): void {
    const first = this.#files.segments[0]?.first ?? this.#files.head + 1;
    this.#acknowledged = new SequenceRanges();
    if (first > 1) this.#acknowledged.add(1, first - 1);
    const undeclared = SequenceRanges.of(this.#losses.map(({ sequences }) => sequences));
    for (const [from, to] of this.#holes.toArray())
      for (const declared of undeclared.missing(from, to)) this.#acknowledged.add(...declared);
  }

  /** Gives back whole segments that are acknowledged: the new start is durable before a file goes. */
  #trim(): void {
    this.#cache.release(this.#tail());
    const second = this.#files.segments[1];
    if (this.#trimming || !second || second.first > this.#tail()) return;
    this.#trimming = this.#trimSegments()
      .catch((error: unknown) =>
        this.#options.log.warn({ why: messageOf(error) }, 'journal: trimming failed'),
      )
      .finally(() => {
        this.#trimming = undefined;
        if (this.#life === 'running') this.#trim();
      });
  }

  async #trimSegments(): Promise<void> {
    const tail = this.#tail();
    const { segments } = this.#files;
    const count = segments.findLastIndex(({ first }) => first <= tail);
    const start = segments[count];
    if (!start || count === 0) return;
    await this.#state.update({ start: start.first, samplesBeforeStart: start.samplesBefore });
    const gone = segments.splice(0, segments.indexOf(start));
    for (const segment of gone) await this.#files.remove(segment);
    this.#wakeUp();
  }

  // --- the rest ---

  lastNotification(machineId: string): Notification | undefined {
    return this.#files.notifications.get(machineId);
  }

  get storeId(): string | undefined {
    return this.#state.current.storeId ?? undefined;
  }

  async setStoreId(storeId: string): Promise<void> {
    await this.#state.update({ storeId });
  }

  get publishableHead(): number {
    return this.#state.current.unconfirmedHead ?? this.#files.head;
  }

  async confirmHead(): Promise<void> {
    if (this.#state.current.unconfirmedHead !== null) await this.#state.update({ unconfirmedHead: null });
  }

  async nextBdSeq(): Promise<number> {
    const bdSeq = (this.#state.current.bdSeq + 1) % 256;
    await this.#state.update({ bdSeq });
    return bdSeq;
  }

  beginEpoch(carry: (sequence: number) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#task = () =>
        this.#beginEpoch(carry).then(resolve, (error: unknown) => {
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      this.#wakeUp();
    });
  }

  async #beginEpoch(carry: (sequence: number) => boolean): Promise<void> {
    const next = new EpochFiles(this.#options.newEpoch(), this.#options);
    await next.create();
    let at = 1;
    for (;;) {
      const records = await this.read(at, COMMIT_BYTES);
      if (records.length === 0) break;
      at = (records.at(-1)?.sequence ?? at) + 1;
      const kept = records.filter(({ sequence }) => carry(sequence));
      if (kept.length > 0) await next.commit(kept.map((record) => [{ ...record, content: record }]));
    }
    for (const [machine, notification] of this.#files.notifications)
      next.notifications.set(machine, notification);
    await this.#switchTo(next);
  }

  async #switchTo(next: EpochFiles): Promise<void> {
    if (next.segments.length === 0) await next.create();
    const before = this.#files;
    await this.#trimming;
    const { epoch, head } = next;
    await this.#state.update({ epoch, start: 1, samplesBeforeStart: 0, intents: [], unconfirmedHead: head });
    this.#files = next;
    this.#cache.clear();
    this.#holes = new SequenceRanges();
    this.#losses = [];
    this.#resumeAcknowledgements();
    if (before.epoch !== '') await before.destroy();
  }
}

function hullOf(losses: readonly Loss[]): Loss {
  return {
    sequences: [losses[0]?.sequences[0] ?? 1, losses.at(-1)?.sequences[1] ?? 1],
    samples: losses.reduce((sum, { samples }) => sum + samples, 0),
    cause: losses[0]?.cause ?? 'journal-full',
  };
}

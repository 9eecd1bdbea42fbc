import type { DatabaseSync } from 'node:sqlite';
import type { EmbeddedHistorianConfig } from '#contracts/config/historian.ts';
import { transaction } from './database.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { Duck } from './duck.ts';
import type { HotStore } from './hot-store.ts';
import type { Merger } from './merger.ts';
import type { SealedFile, SealedFiles } from './sealed-files.ts';
import { countSealed, noteExpired } from './read-back.ts';
import type { Sealer } from './sealer.ts';
import type { SealingClient } from './sealing-client.ts';
import type { Space } from './space.ts';
import type { WriteGuard } from './write-guard.ts';

export interface UpkeepPorts {
  readonly db: DatabaseSync;
  readonly duck: Duck;
  readonly log: DeliveryLog;
  readonly hot: HotStore;
  readonly files: SealedFiles;
  readonly sealing: SealingClient;
  readonly sealer: Sealer;
  readonly merger: Merger;
  readonly space: Space;
  readonly guard: WriteGuard;
  readonly config: EmbeddedHistorianConfig;
}

/** Hot samples beyond this multiple of `hotRows` make writers wait for the sealing. */
const OVERLOAD = 3;
/** A seal that failed is tried again after this. */
const RETRY_MS = 5_000;
const DAY_NS = 86_400_000_000_000n;

/** When to seal, merge and let go. Sealing and the rest run beside each other; each of them one at a time. */
export class Upkeep {
  readonly #ports: UpkeepPorts;
  #timer: NodeJS.Timeout | undefined;
  #sealing: Promise<void> | undefined;
  #tidying: Promise<void> | undefined;
  #lastSealMs = Date.now();
  #retryAtMs = 0;
  #stopped = false;

  constructor(ports: UpkeepPorts) {
    this.#ports = ports;
  }

  start(): void {
    const tickMs = Math.min(60_000, Math.max(100, this.#ports.config.sealIntervalMs / 4));
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** Gives up what is being sealed or merged: its samples stay in the log, its files as they were. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#ports.sealing.stop();
    await Promise.allSettled([this.#sealing, this.#tidying]);
  }

  #tick(): void {
    const nowMs = Date.now();
    const due = nowMs - this.#lastSealMs >= this.#ports.config.sealIntervalMs && nowMs >= this.#retryAtMs;
    if (due) void this.seal(nowMs).catch(() => undefined);
    this.#startTidying(nowMs);
  }

  /**
   * Before each write: seals when enough is hot, and answers what the writer must wait for, if anything.
   * @throws StoreUnavailableError when memory is full of samples that cannot be sealed.
   */
  admit(): Promise<void> | undefined {
    const { hot, config, guard } = this.#ports;
    const nowMs = Date.now();
    if (hot.active.rows >= config.hotRows && nowMs >= this.#retryAtMs && !this.#sealing)
      void this.seal(nowMs).catch(() => undefined);
    if (hot.rows < config.hotRows * OVERLOAD) return undefined;
    if (!this.#sealing) throw guard.overloaded();
    return this.#sealing.catch(() => undefined);
  }

  seal(nowMs: number): Promise<void> {
    this.#sealing ??= this.#seal(nowMs).finally(() => {
      this.#sealing = undefined;
    });
    return this.#sealing;
  }

  async #seal(nowMs: number): Promise<void> {
    const { sealer, guard } = this.#ports;
    this.#lastSealMs = Date.now();
    try {
      await sealer.seal(nowMs);
    } catch (error) {
      this.#retryAtMs = Date.now() + RETRY_MS;
      this.#lastSealMs = 0;
      throw guard.failed(error);
    }
    this.#startTidying(nowMs);
  }

  #startTidying(nowMs: number): void {
    if (this.#stopped || this.#tidying) return;
    this.#tidying = this.#tidy(nowMs)
      .catch((error: unknown) => void this.#ports.guard.failed(error))
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  async #tidy(nowMs: number): Promise<void> {
    await this.expire(nowMs);
    for (
      let plan = this.#ports.merger.next(nowMs);
      plan && !this.#stopped;
      plan = this.#ports.merger.next(nowMs)
    )
      await this.#ports.merger.merge(plan, nowMs);
  }

  /** Retention and quota. */
  async expire(nowMs: number): Promise<void> {
    const { db, space, guard, config } = this.#ports;
    const cutNs = BigInt(Math.floor(nowMs - config.retentionDays * 86_400_000)) * 1_000_000n;
    await this.#remove(space.expired(nowMs));
    for (const table of ['gap WHERE to_ns', 'event WHERE time_ns', 'standing WHERE ended = 1 AND time_ns'])
      db.prepare(`DELETE FROM ${table} < ?`).run(cutNs < -(2n ** 63n) + DAY_NS ? -(2n ** 63n) : cutNs);
    if (config.whenFull === 'drop-oldest') {
      for (let day = space.oldestDay(); day && space.quotaProblem() !== undefined; day = space.oldestDay())
        await this.#remove(day.files);
    }
    guard.setQuotaProblem(space.quotaProblem());
  }

  async #remove(gone: readonly SealedFile[]): Promise<void> {
    if (gone.length === 0) return;
    const { db, files } = this.#ports;
    // A file that cannot be read goes all the same: the next read-back tells what it held.
    const counts = await countSealed(this.#ports, gone).catch(() => new Map<string, number>());
    transaction(db, () => {
      files.write([], gone);
      noteExpired(db, counts);
    });
    files.adopt([], gone);
  }

  /** All that is due at `nowMs`, to its end. */
  async run(nowMs: number): Promise<void> {
    await this.#sealing?.catch(() => undefined);
    await this.seal(nowMs);
    await this.#tidying;
    this.#startTidying(nowMs);
    await this.#tidying;
  }
}

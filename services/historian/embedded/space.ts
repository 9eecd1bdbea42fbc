import { statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILE } from './database.ts';
import { dayName, type SealedFile, type SealedFiles } from './sealed-files.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A forecast says no more than this: ten years. */
const FORECAST_LIMIT_DAYS = 3650;

export interface SpaceOptions {
  readonly dir: string;
  readonly quotaBytes: number;
  readonly retentionDays: number;
}

/** What the store takes on disk, what is left of its quota and of the disk, and for how long. */
export class Space {
  readonly #options: SpaceOptions;
  readonly #files: SealedFiles;

  constructor(options: SpaceOptions, files: SealedFiles) {
    this.#options = options;
    this.#files = files;
  }

  usedBytes(): number {
    const { dir } = this.#options;
    const database = ['', '-wal', '-shm'].map((suffix) => sizeOf(join(dir, DATABASE_FILE + suffix)));
    const sealed = this.#files.all().map(({ bytes }) => bytes);
    return [...database, ...sealed].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Days until the quota or the disk is full at the rate of the last week, `undefined` before there is an hour of it.
   * Days that the retention ends first count as {@link FORECAST_LIMIT_DAYS}.
   */
  daysLeft(nowMs: number): number | undefined {
    const { dir, quotaBytes, retentionDays } = this.#options;
    const recent = this.#files
      .all()
      .filter(({ day }) => day * DAY_MS > nowMs - 7 * DAY_MS && day * DAY_MS <= nowMs);
    const firstMs = recent.reduce((first, { minNs }) => Math.min(first, Number(minNs / 1_000_000n)), nowMs);
    const spanMs = nowMs - firstMs;
    if (spanMs < HOUR_MS) return undefined;
    const bytesPerDay = (recent.reduce((sum, { bytes }) => sum + bytes, 0) / spanMs) * DAY_MS;
    const used = this.usedBytes();
    const free = Math.min(quotaBytes - used, freeBytes(dir));
    const days = Math.max(0, free / bytesPerDay);
    return used + free > bytesPerDay * retentionDays
      ? FORECAST_LIMIT_DAYS
      : Math.min(days, FORECAST_LIMIT_DAYS);
  }

  /** A sentence when the quota is reached. */
  quotaProblem(): string | undefined {
    const { dir, quotaBytes } = this.#options;
    const used = this.usedBytes();
    if (used < quotaBytes) return undefined;
    const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
    return `the historian in ${dir} takes ${mebibytes(used)} of its quota of ${mebibytes(quotaBytes)}: raise quotaBytes, lower retentionDays, or set whenFull to drop-oldest; the agents keep what comes meanwhile`;
  }

  /** Files of days that are wholly older than the retention. */
  expired(nowMs: number): SealedFile[] {
    const cutMs = nowMs - this.#options.retentionDays * DAY_MS;
    return this.#files.all().filter(({ day }) => (day + 1) * DAY_MS <= cutMs);
  }

  /** Files of the oldest day but the last. */
  oldestDay(): { readonly name: string; readonly files: SealedFile[] } | undefined {
    const days = [...this.#files.byDay()].sort(([a], [b]) => a - b);
    const [oldest] = days;
    return oldest && days.length > 1 ? { name: dayName(oldest[0]), files: oldest[1] } : undefined;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

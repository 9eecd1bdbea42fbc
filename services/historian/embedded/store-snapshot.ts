/** All samples of a store as one relation of DuckDB: what lies in the log, and the sealed files. */
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { SignalNo, TimeRange } from '#domain/sample-store.ts';
import { DeliveryLog } from './delivery-log.ts';
import { DuckLoader } from './duck-loader.ts';
import { Duck } from './duck.ts';
import { relation } from './sample-reader.ts';
import type { SealedFiles } from './sealed-files.ts';

export class StoreSnapshot {
  readonly duck: Duck;
  readonly #tempDir: string;
  readonly #db: DatabaseSync;
  readonly #files: SealedFiles;
  #tables: readonly string[] = [];

  /** `tempDir`: where sorting goes that does not fit into memory. */
  constructor(db: DatabaseSync, files: SealedFiles, tempDir: string) {
    this.#db = db;
    this.#files = files;
    this.#tempDir = tempDir;
    this.duck = new Duck({ threads: 2, memoryLimitBytes: 2 ** 30, tempDir });
  }

  async open(): Promise<void> {
    await this.duck.start();
    const loader = await DuckLoader.create(this.duck);
    for (const { span, columns } of new DeliveryLog(this.#db, { deadLetters: 1 }).replay())
      loader.add(columns, span);
    this.#tables = loader.finish();
  }

  /** `undefined` when there is nothing. Nobody unlinks files meanwhile: the store is ours. */
  relation(signals: readonly SignalNo[], range: TimeRange): string | undefined {
    const held = this.#files.acquire(signals, range);
    this.#files.done(held);
    const files = held.map((file) => this.#files.pathOf(file));
    return relation({ tables: this.#tables, files }, signals, range);
  }

  async close(): Promise<void> {
    await this.duck.stop();
    rmSync(this.#tempDir, { recursive: true, force: true });
  }
}

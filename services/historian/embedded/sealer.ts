import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { HotStore } from './hot-store.ts';
import type { HotTable } from './hot-table.ts';
import { saveLatest } from './latest-rows.ts';
import type { LatestTable } from './latest-table.ts';
import { rememberChecksums } from './sealed-checksums.ts';
import type { SealedFile, SealedFiles } from './sealed-files.ts';
import { writeSealedFile } from './sealed-writer.ts';
import type { SealingClient } from './sealing-client.ts';
import type { SealedFacts, SealedPaths } from './sealing-orders.ts';

export interface SealerPorts {
  readonly db: DatabaseSync;
  readonly hot: HotStore;
  readonly sealing: SealingClient;
  readonly files: SealedFiles;
  readonly latest: LatestTable;
}

/** Moves the oldest hot samples into sealed files: file and folder synced, then one transaction swaps them for the log's part. */
export class Sealer {
  readonly #ports: SealerPorts;
  /** A table whose sealing failed: it is tried again before the next one. */
  #frozen: HotTable | undefined;

  constructor(ports: SealerPorts) {
    this.#ports = ports;
  }

  /** Seals all that is hot now. @throws what the disk says; everything stays as it was, to be tried again. */
  async seal(nowMs: number): Promise<void> {
    const { hot } = this.#ports;
    if (!this.#frozen && hot.active.rows > 0) this.#frozen = hot.freeze();
    if (!this.#frozen) return;
    await this.#sealTable(this.#frozen, nowMs);
    this.#frozen = undefined;
  }

  async #sealTable(table: HotTable, nowMs: number): Promise<void> {
    const { db, hot, files, latest } = this.#ports;
    const added = await this.#write(table, nowMs);
    const dirty = latest.takeDirty();
    try {
      transaction(db, () => {
        files.write(added, []);
        saveLatest(db, latest, dirty);
        dropLog(db, table.lastLogId);
      });
    } catch (error) {
      latest.markDirty(dirty);
      for (const file of added) files.discard(file);
      throw error;
    }
    files.adopt(added, []);
    hot.sealed(table, added);
  }

  async #write(table: HotTable, nowMs: number): Promise<SealedFile[]> {
    const { files, sealing } = this.#ports;
    const added: SealedFile[] = [];
    try {
      for (const { day, rows } of await sealing.sort(table)) {
        const write = (to: SealedPaths): Promise<SealedFacts> => sealing.write(day, to);
        added.push(await writeSealedFile(files, { write, day, rows, compacted: false, nowMs }));
      }
      return added;
    } catch (error) {
      for (const file of added) files.discard(file);
      throw error;
    } finally {
      await sealing.forget();
    }
  }
}

/** The log's rows up to `lastId` are sealed: what must outlive them is kept apart. */
function dropLog(db: DatabaseSync, lastId: number): void {
  db.prepare(
    `INSERT INTO above_cut SELECT stream_no, sequence, samples FROM log JOIN stream USING (stream_no)
      WHERE id <= ? AND samples > 0 AND sequence > cut_sequence`,
  ).run(lastId);
  rememberChecksums(db, lastId);
  db.prepare('DELETE FROM log WHERE id <= ?').run(lastId);
}

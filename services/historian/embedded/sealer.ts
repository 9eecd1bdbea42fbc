import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { Duck } from './duck.ts';
import type { HotStore, HotTable } from './hot-store.ts';
import { saveLatest } from './latest-rows.ts';
import type { LatestTable } from './latest-table.ts';
import { rememberChecksums } from './sealed-checksums.ts';
import { NS_PER_DAY, type SealedFile, type SealedFiles } from './sealed-files.ts';
import { SEAL_SELECT, writeSealedFile } from './sealed-writer.ts';

export interface SealerPorts {
  readonly db: DatabaseSync;
  readonly duck: Duck;
  readonly hot: HotStore;
  readonly files: SealedFiles;
  readonly latest: LatestTable;
}

/** Days since 1970, rounded down, of `time_ns`. */
const DAY_SQL = `(time_ns // ${NS_PER_DAY} - CASE WHEN time_ns % ${NS_PER_DAY} < 0 THEN 1 ELSE 0 END)`;

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
    if (!this.#frozen && hot.active.rows > 0) this.#frozen = await hot.freeze();
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
    hot.release(table);
  }

  async #write(table: HotTable, nowMs: number): Promise<SealedFile[]> {
    const { duck, files } = this.#ports;
    const added: SealedFile[] = [];
    try {
      for (const { day, rows } of await this.#daysOf(table)) {
        const select = `SELECT ${SEAL_SELECT} FROM ${table.name} WHERE time_ns
          BETWEEN ${dayEdge(day)} AND ${dayEdge(day + 1) - 1n}`;
        added.push(await writeSealedFile(duck, files, { select, day, rows, compacted: false, nowMs }));
      }
      return added;
    } catch (error) {
      for (const file of added) files.discard(file);
      throw error;
    }
  }

  async #daysOf(table: HotTable): Promise<{ day: number; rows: number }[]> {
    const days: { day: number; rows: number }[] = [];
    const sql = `SELECT ${DAY_SQL} AS day, count(*) AS n FROM ${table.name} GROUP BY 1 ORDER BY 1`;
    await this.#ports.duck.read(sql, (chunk) => {
      const day = chunk.bigint64(0);
      const rows = chunk.bigint64(1);
      for (let i = 0; i < chunk.rows; i += 1) days.push({ day: Number(day[i]), rows: Number(rows[i]) });
    });
    return days;
  }
}

/** Start of a day in ns, within the 64 bits. */
function dayEdge(day: number): bigint {
  const edge = BigInt(day) * NS_PER_DAY;
  return BigInt.asIntN(64, edge) === edge ? edge : edge < 0n ? -(2n ** 63n) : 2n ** 63n;
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

import { open, stat } from 'node:fs/promises';
import { Duck } from './duck.ts';
import { ParquetFile } from './parquet/parquet-file.ts';
import { RollupBuilder } from './rollup-builder.ts';
import { composeRollupFile } from './rollup-file.ts';
import { GROUP_SELECT, RowGroups, type RowGroup } from './row-groups.ts';
import { SEALED_VALUE, inputOf, quoted } from './sample-reader.ts';
import { PARQUET_FORMAT, PARQUET_WRITER, ROW_GROUP_ROWS } from './sealed-format.ts';
import { SEALED_COLUMNS, SealedRows } from './sealed-rows.ts';
import type {
  MergeOrder,
  SealedFacts,
  SealedPaths,
  SealingDay,
  SentBlock,
  SentTable,
} from './sealing-orders.ts';

/** For reading files back and sorting some signals of those that are merged; beyond it sorting goes to disk. */
const MEMORY_LIMIT_BYTES = 128 * 2 ** 20;

/** Makes sealed files, of hot tables and of other sealed files. Its calls block: it has a process of its own. */
export class SealedFileMaker {
  readonly #duck: Duck;
  #started: Promise<void> | undefined;
  readonly #blocks: SentBlock[] = [];
  #sorted: SealedRows | undefined;

  /** `tempDir`: where sorting goes that does not fit into memory. */
  constructor(tempDir: string) {
    this.#duck = new Duck({ threads: 1, memoryLimitBytes: MEMORY_LIMIT_BYTES, tempDir });
  }

  take(block: SentBlock): void {
    this.#blocks.push(block);
  }

  /** Sorts the blocks that were taken; answers their days. */
  sort(table: SentTable): readonly SealingDay[] {
    this.#sorted = new SealedRows(this.#blocks.splice(0), table);
    return this.#sorted.days;
  }

  forget(): void {
    this.#blocks.length = 0;
    this.#sorted = undefined;
  }

  /** One day of the sorted table. @throws what the disk says, with its code */
  async write(day: number, to: SealedPaths): Promise<SealedFacts> {
    const sorted = this.#sorted;
    if (!sorted) throw new Error('no table to write');
    const rows = sorted.days.find((one) => one.day === day)?.rows ?? 0;
    return this.#make(to, (file) => {
      for (let from = 0; from < rows; from += ROW_GROUP_ROWS) {
        const end = Math.min(rows, from + ROW_GROUP_ROWS);
        file.addRowGroup(end - from, sorted.columns(day, from, end));
      }
    });
  }

  /** All rows of the files `from`. @throws what the disk says, with its code */
  async merge({ from, signals, to }: MergeOrder): Promise<SealedFacts> {
    const paths = from.map(quoted).join(', ');
    return this.#make(to, async (file) => {
      const duck = await this.#engine();
      const groups = new RowGroups();
      const add = (group: RowGroup | undefined): void => {
        if (group) file.addRowGroup(group.rows, group.columns);
      };
      for (const [first, last] of signals) {
        const sql = `SELECT ${GROUP_SELECT} FROM read_parquet([${paths}])
          WHERE signal BETWEEN ${first} AND ${last} ORDER BY signal, time_ns, epoch, seq, idx`;
        await duck.read(sql, (chunk) => add(groups.add(chunk)));
      }
      add(groups.take());
    });
  }

  /**
   * One sorted Parquet file and its rollups, both synced. The rollups are made by reading the file back: what it is told to
   * hold is what another reader finds in it.
   */
  async #make(to: SealedPaths, fill: (file: ParquetFile) => Promise<void> | void): Promise<SealedFacts> {
    const file = new ParquetFile(to.path, {
      columns: SEALED_COLUMNS,
      metadata: { format: String(PARQUET_FORMAT), writer: PARQUET_WRITER },
      createdBy: PARQUET_WRITER,
    });
    try {
      await fill(file);
      file.finish();
    } finally {
      file.close();
    }
    const builder = await this.#readBack(to.path);
    const parts = builder.finish();
    await writeSynced(to.rollupPath, composeRollupFile(parts));
    return {
      rows: builder.rows,
      bytes: (await stat(to.path)).size + (await stat(to.rollupPath)).size,
      minSignal: parts[0]?.signal ?? 0,
      maxSignal: parts.at(-1)?.signal ?? 0,
      minNs: parts.reduce((min, part) => (part.minNs < min ? part.minNs : min), parts[0]?.minNs ?? 0n),
      maxNs: parts.reduce((max, part) => (part.maxNs > max ? part.maxNs : max), parts[0]?.maxNs ?? 0n),
    };
  }

  async #readBack(path: string): Promise<RollupBuilder> {
    const duck = await this.#engine();
    const builder = new RollupBuilder();
    const sql = `SELECT signal, time_ns, kind, ${SEALED_VALUE} AS value, coalesce(int, 0) AS int, status
      FROM read_parquet(${quoted(path)})`;
    await duck.read(sql, (chunk) => builder.add(chunk.int32(0), chunk.bigint64(1), inputOf(chunk)));
    return builder;
  }

  async #engine(): Promise<Duck> {
    this.#started ??= this.#duck.start();
    await this.#started;
    return this.#duck;
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

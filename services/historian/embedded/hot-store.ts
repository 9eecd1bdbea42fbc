import { BlockPool } from './hot-block.ts';
import { HotTable } from './hot-table.ts';
import type { StoredSpan } from './delivery-log.ts';
import type { ColumnViews } from './packed-columns.ts';
import type { SealedFile } from './sealed-files.ts';

/** A table whose rows are sealed, kept until the next one is: what was just stored is what is asked for most. */
export interface RecentTable {
  readonly table: HotTable;
  /** That hold the same rows, no more and no less. */
  readonly files: readonly SealedFile[];
}

/** Samples in memory: one table that grows, and those that are being sealed. What was appended is visible at once. */
export class HotStore {
  readonly #pool: BlockPool;
  readonly #frozen: HotTable[] = [];
  #active: HotTable;
  #recent: RecentTable | undefined;

  /** `keepRows`: memory for so many rows is kept when it is free. */
  constructor(keepRows: number) {
    this.#pool = new BlockPool(keepRows);
    this.#active = new HotTable(this.#pool);
  }

  get active(): HotTable {
    return this.#active;
  }

  /** Its files may have been merged or removed since. */
  get recent(): RecentTable | undefined {
    return this.#recent;
  }

  /** Not sealed yet. */
  get rows(): number {
    return this.#frozen.reduce((sum, { rows }) => sum + rows, this.#active.rows);
  }

  /** Tables with rows, the oldest first. */
  tables(): HotTable[] {
    return [...this.#frozen, this.#active].filter(({ rows }) => rows > 0);
  }

  append(columns: ColumnViews, spans: readonly StoredSpan[], lastLogId: number): void {
    for (const span of spans) this.#active.add(columns, span);
    this.#active.lastLogId = lastLogId;
  }

  /** Takes the growing table out of the way, to be sealed. */
  freeze(): HotTable {
    const table = this.#active;
    this.#frozen.push(table);
    this.#active = new HotTable(this.#pool);
    this.#active.lastLogId = table.lastLogId;
    return table;
  }

  /** The table's rows are in these files now. */
  sealed(table: HotTable, files: readonly SealedFile[]): void {
    this.#frozen.splice(this.#frozen.indexOf(table), 1);
    this.#recent?.table.release();
    this.#recent = { table, files };
  }
}

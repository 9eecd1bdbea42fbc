import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type { Gap, GapListener, GapRecord } from '#domain/sample-store.ts';
import { bigintIn, numberIn, textIn, type Cell } from './influxql.ts';

type Row = Readonly<Record<string, Cell>>;

/** How often is asked for what other workers have stored. */
const ASK_MS = 5_000;

/** Tells of declared holes: of one's own at once, of other workers' when the ledger has more than is known. */
export class GapWatch {
  readonly #rows: (statement: string) => Promise<Row[]>;
  readonly #listeners = new Set<GapListener>();
  readonly #known = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(rows: (statement: string) => Promise<Row[]>) {
    this.#rows = rows;
  }

  /** What is there at the start is no news. */
  async load(): Promise<void> {
    for (const row of await this.#rows('SELECT * FROM "gap"')) this.#known.add(keyOf(row));
    this.#timer = setInterval(() => void this.look().catch(() => undefined), ASK_MS);
    this.#timer.unref();
  }

  listen(listener: GapListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stored(record: GapRecord): void {
    const { stream, sequence, machine, signal, from, to, cause } = record;
    this.#known.add(`${stream.agent} ${stream.epoch} ${sequence}`);
    this.#tell({ machine, signal, from, to, cause });
  }

  /** @throws StoreUnavailableError */
  async look(): Promise<void> {
    if (this.#listeners.size === 0) return;
    const [count] = await this.#rows('SELECT count("cause") AS "gaps" FROM "gap"');
    if (numberIn(count?.['gaps']) <= this.#known.size) return;
    for (const row of await this.#rows('SELECT * FROM "gap"')) {
      if (this.#known.has(keyOf(row))) continue;
      this.#known.add(keyOf(row));
      this.#tell(gapOf(row));
    }
  }

  #tell(gap: Gap): void {
    for (const listener of this.#listeners) listener(gap);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const keyOf = (row: Row): string => `${textIn(row['agent'])} ${textIn(row['epoch'])} ${textIn(row['time'])}`;

const optional = (cell: Row[string] | undefined): string | undefined =>
  typeof cell === 'string' ? cell : undefined;

/** A row of the ledger's measurement `gap`. */
export const gapOf = (row: Row): Gap => ({
  machine: optional(row['machine']) as MachineId | undefined,
  signal: optional(row['signal']) as SignalId | undefined,
  from: bigintIn(row['from']),
  to: bigintIn(row['to']),
  cause: textIn(row['cause']),
});

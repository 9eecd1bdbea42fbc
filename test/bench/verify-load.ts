/** Reads every stored sample of the load machines back and computes what it must have been. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { createEmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { loadDataType, loadValue } from '../../simulators/machines/load/load-values.ts';

export interface LoadVerdict {
  readonly stored: number;
  /** Distinct and equal to what was produced, with a source time in the window. */
  readonly correctInWindow: number;
  readonly wrong: number;
  readonly doubled: number;
  /** Ticks between a signal's first and last one that are not there. */
  readonly missing: number;
  /** Neighbouring samples of a signal whose source time runs backwards in the order of arrival. */
  readonly reordered: number;
  readonly bytesPerSample: number;
}

const historianDir = (dataDir: string): string => path.join(dataDir, 'services', 'historian');

/** What lies in the log is sealed, so that one reader sees all. */
export async function sealEverything(dataDir: string): Promise<void> {
  const store = createEmbeddedStore({ dir: historianDir(dataDir) });
  await store.start();
  await store.maintain(Date.now());
  await store.stop();
}

/** Values that JSON and DuckDB show differently are compared as text. */
const asText = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value));

export async function verifyLoad(
  dataDir: string,
  rateHz: number,
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<LoadVerdict> {
  const db = new DatabaseSync(path.join(historianDir(dataDir), 'historian.sqlite'), { readOnly: true });
  const numbers = new Map(
    db
      .prepare('SELECT signal_no, id FROM signal')
      .all()
      .map((row) => {
        const signal = /Signal(\d+)$/.exec(String(row['id']))?.[1];
        return [Number(row['signal_no']), Number(signal)];
      }),
  );
  const sealed = db.prepare('SELECT sum(bytes) AS bytes, sum(rows) AS rows FROM sealed_file').get();
  db.close();
  const tally = new Tally(numbers, 1000 / rateHz, window);
  const duck = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
  const connection = await duck.connect();
  const result = await connection.stream(
    `SELECT signal, time_ns, kind, value, int, text, status
     FROM read_parquet('${historianDir(dataDir)}/sealed/*/*.parquet') ORDER BY signal, epoch, seq, idx`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    for (const row of chunk.getRows()) tally.add(row);
  }
  connection.closeSync();
  duck.closeSync();
  return { ...tally.verdict(), bytesPerSample: Number(sealed?.['bytes']) / Number(sealed?.['rows']) };
}

class Tally {
  readonly #numbers: ReadonlyMap<number, number>;
  readonly #periodMs: number;
  readonly #window: { readonly fromMs: number; readonly toMs: number };
  #signalNo = -1;
  #lastTick = -1;
  #seen = new Set<number>();
  #stored = 0;
  #correct = 0;
  #wrong = 0;
  #doubled = 0;
  #missing = 0;
  #reordered = 0;

  constructor(
    numbers: ReadonlyMap<number, number>,
    periodMs: number,
    window: { fromMs: number; toMs: number },
  ) {
    this.#numbers = numbers;
    this.#periodMs = periodMs;
    this.#window = window;
  }

  add([signalNo, timeNs, kind, value, int, text, status]: readonly unknown[]): void {
    if (Number(status) !== 0) return; // no value: before the first tick, after the last
    this.#stored += 1;
    if (signalNo !== this.#signalNo) this.#begin(Number(signalNo));
    const timeMs = Number((timeNs as bigint) / 1_000_000n);
    const tick = Math.floor(timeMs / this.#periodMs);
    if (this.#seen.has(tick)) {
      this.#doubled += 1;
      return;
    }
    this.#seen.add(tick);
    if (tick < this.#lastTick) this.#reordered += 1;
    this.#lastTick = Math.max(tick, this.#lastTick);
    const signal = this.#numbers.get(Number(signalNo)) ?? -1;
    const expected = loadValue(loadDataType(signal, 'mixed'), signal, tick);
    if (asText(expected) !== asText(storedValue(Number(kind), value, int, text))) this.#wrong += 1;
    else if (timeMs >= this.#window.fromMs && timeMs < this.#window.toMs) this.#correct += 1;
  }

  #begin(signalNo: number): void {
    this.#end();
    this.#signalNo = signalNo;
    this.#lastTick = -1;
    this.#seen = new Set();
  }

  #end(): void {
    if (this.#seen.size === 0) return;
    let first = Infinity;
    for (const tick of this.#seen) first = Math.min(first, tick);
    this.#missing += this.#lastTick - first + 1 - this.#seen.size;
  }

  verdict(): Omit<LoadVerdict, 'bytesPerSample'> {
    this.#end();
    this.#seen = new Set();
    return {
      stored: this.#stored,
      correctInWindow: this.#correct,
      wrong: this.#wrong,
      doubled: this.#doubled,
      missing: this.#missing,
      reordered: this.#reordered,
    };
  }
}

function storedValue(kind: number, value: unknown, int: unknown, text: unknown): unknown {
  if (kind === 4) return value === 1;
  if (kind === 3) return BigInt.asUintN(64, int as bigint);
  return kind === 1 ? value : kind === 2 ? int : text;
}

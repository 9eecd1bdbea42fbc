/** Reads every stored sample of the load machines back and computes what it must have been. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { createEmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { sliceOf } from '../../simulators/machines/load/load-driver.ts';
import { loadDataType, loadValue } from '../../simulators/machines/load/load-values.ts';

export interface LoadVerdict {
  readonly stored: number;
  /** Distinct and equal to what was produced, with a source time in the window. */
  readonly correctInWindow: number;
  readonly wrong: number;
  readonly doubled: number;
  /** Ticks between a signal's first and last one that the load machine says it never made, and that are not there. */
  readonly givenUp: number;
  /** All other ticks between a signal's first and last one that are not there. */
  readonly missing: number;
  /** Neighbouring samples of a signal whose source time runs backwards in the order of arrival. */
  readonly reordered: number;
  /** Signals with samples in the window. */
  readonly signals: number;
  readonly bytesPerSample: number;
}

/** What the load machines of this rate gave up: ticks, by the slice of the period. */
function readMissed(dataDir: string, periodMs: number): ReadonlyMap<number, readonly number[]> {
  const file = path.join(dataDir, 'simulators', 'missed-slices.jsonl');
  const bySlice = new Map<number, number[]>();
  if (!existsSync(file)) return bySlice;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [period, timeMs] = JSON.parse(line) as [number, number];
    if (period !== periodMs) continue;
    const { slice } = sliceOf(timeMs, periodMs);
    const ticks = bySlice.get(slice) ?? [];
    bySlice.set(slice, ticks);
    ticks.push(Math.floor(timeMs / periodMs));
  }
  return bySlice;
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
  const tally = new Tally({
    numbers,
    periodMs: 1000 / rateHz,
    window,
    missed: readMissed(dataDir, 1000 / rateHz),
  });
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

interface TallyOptions {
  /** The signal's number in its machine, by the number in the store. */
  readonly numbers: ReadonlyMap<number, number>;
  readonly periodMs: number;
  readonly window: { readonly fromMs: number; readonly toMs: number };
  readonly missed: ReadonlyMap<number, readonly number[]>;
}

class Tally {
  readonly #options: TallyOptions;
  #signalNo = -1;
  #lastTick = -1;
  #seen = new Set<number>();
  #inWindow = false;
  readonly #counts = {
    stored: 0,
    correctInWindow: 0,
    wrong: 0,
    doubled: 0,
    givenUp: 0,
    missing: 0,
    reordered: 0,
    signals: 0,
  };

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  add([signalNo, timeNs, kind, value, int, text, status]: readonly unknown[]): void {
    const { periodMs, numbers, window } = this.#options;
    if (Number(status) !== 0) return; // no value: before the first tick, after the last
    this.#counts.stored += 1;
    if (signalNo !== this.#signalNo) this.#begin(Number(signalNo));
    const timeMs = Number((timeNs as bigint) / 1_000_000n);
    const tick = Math.floor(timeMs / periodMs);
    if (this.#seen.has(tick)) {
      this.#counts.doubled += 1;
      return;
    }
    this.#seen.add(tick);
    if (tick < this.#lastTick) this.#counts.reordered += 1;
    this.#lastTick = Math.max(tick, this.#lastTick);
    const signal = numbers.get(Number(signalNo)) ?? -1;
    const expected = loadValue(loadDataType(signal, 'mixed'), signal, tick);
    if (asText(expected) !== asText(storedValue(Number(kind), value, int, text))) this.#counts.wrong += 1;
    else if (timeMs >= window.fromMs && timeMs < window.toMs) {
      this.#counts.correctInWindow += 1;
      this.#inWindow = true;
    }
  }

  #begin(signalNo: number): void {
    this.#end();
    this.#signalNo = signalNo;
    this.#lastTick = -1;
    this.#seen = new Set();
    this.#inWindow = false;
  }

  #end(): void {
    if (this.#seen.size === 0) return;
    const { numbers, periodMs, missed } = this.#options;
    let first = Infinity;
    for (const tick of this.#seen) first = Math.min(first, tick);
    const { slices } = sliceOf(0, periodMs);
    const givenUp = (missed.get((numbers.get(this.#signalNo) ?? 0) % slices) ?? []).filter(
      (tick) => tick >= first && tick <= this.#lastTick && !this.#seen.has(tick),
    ).length;
    this.#counts.givenUp += givenUp;
    this.#counts.missing += this.#lastTick - first + 1 - this.#seen.size - givenUp;
    if (this.#inWindow) this.#counts.signals += 1;
  }

  verdict(): Omit<LoadVerdict, 'bytesPerSample'> {
    this.#end();
    this.#seen = new Set();
    return { ...this.#counts };
  }
}

function storedValue(kind: number, value: unknown, int: unknown, text: unknown): unknown {
  if (kind === 4) return value === 1;
  if (kind === 3) return BigInt.asUintN(64, int as bigint);
  return kind === 1 ? value : kind === 2 ? int : text;
}

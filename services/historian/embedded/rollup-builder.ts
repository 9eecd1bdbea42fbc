import {
  addSample,
  aggregateValue,
  createAggregates,
  minuteAt,
  withinMinuteAt,
  type AggregateColumns,
  type RollupInput,
} from '#domain/rollup.ts';
import { encodeRollups } from '../rollup-codec.ts';
import type { RollupPart } from './rollup-file.ts';

const MINUTE_NS = 6e10;

/** Makes the rollups of samples that come sorted by (signal, time): one pass, one signal in memory at a time. */
export class RollupBuilder {
  readonly parts: RollupPart[] = [];
  rows = 0;
  #capacity = 2048;
  #columns: AggregateColumns = createAggregates(this.#capacity);
  #minutes = new Float64Array(this.#capacity);
  #row = -1;
  #signal = -1;
  #samples = 0;
  #minNs = 0n;
  #maxNs = 0n;
  /** Words of the time at which the current minute begins. */
  #startHigh = 0;
  #startLow = 0;

  /** @throws RangeError when the rows are not sorted: the file they come from must not be used. */
  add(signals: Int32Array, timeNs: BigInt64Array, input: RollupInput): void {
    const { timeWords } = input;
    const rows = signals.length;
    for (let i = 0; i < rows; i += 1) {
      const signal = signals[i] ?? 0;
      if (signal !== this.#signal) {
        this.#closeSignal(i === 0 ? undefined : timeNs[i - 1]);
        this.#openSignal(signal, timeNs[i] ?? 0n);
      }
      let at =
        (((timeWords[2 * i + 1] ?? 0) | 0) - this.#startHigh) * 0x100000000 +
        ((timeWords[2 * i] ?? 0) - this.#startLow);
      if (this.#row < 0 || at >= MINUTE_NS || at < 0) {
        if (at < 0 && this.#row >= 0) throw new RangeError('rows of a sealed file are not in time order');
        at = this.#openMinute(timeWords, i);
      }
      const sample = { value: aggregateValue(input, i), statusCode: input.statusCode[i] ?? 0 };
      addSample(this.#columns, this.#row, at, sample);
      this.#samples += 1;
    }
    this.rows += rows;
    this.#maxNs = timeNs[rows - 1] ?? 0n;
  }

  /** All parts, ascending by signal. */
  finish(): readonly RollupPart[] {
    this.#closeSignal(undefined);
    return this.parts;
  }

  #openSignal(signal: number, firstNs: bigint): void {
    if (signal < this.#signal) throw new RangeError('rows of a sealed file are not sorted by signal');
    this.#signal = signal;
    this.#minNs = firstNs;
    this.#samples = 0;
    this.#row = -1;
  }

  #closeSignal(lastNs: bigint | undefined): void {
    if (this.#samples === 0) return;
    const rows = this.#row + 1;
    this.parts.push({
      signal: this.#signal,
      samples: this.#samples,
      minNs: this.#minNs,
      maxNs: lastNs ?? this.#maxNs,
      bytes: encodeRollups({ rows, minute: this.#minutes, columns: this.#columns }),
    });
    this.#clear(rows);
    this.#samples = 0;
  }

  #clear(rows: number): void {
    const { worst, ...numbers } = this.#columns;
    worst.fill(0, 0, rows);
    for (const column of Object.values(numbers)) column.fill(0, 0, rows);
  }

  /** Begins the minute of row `i`; answers the row's ns within it. */
  #openMinute(timeWords: Uint32Array, i: number): number {
    this.#row += 1;
    if (this.#row === this.#capacity) this.#grow();
    const at = withinMinuteAt(timeWords, i);
    this.#minutes[this.#row] = minuteAt(timeWords, i);
    const low = (timeWords[2 * i] ?? 0) - (at % 0x100000000);
    this.#startLow = low < 0 ? low + 0x100000000 : low;
    this.#startHigh = ((timeWords[2 * i + 1] ?? 0) | 0) - Math.floor(at / 0x100000000) - (low < 0 ? 1 : 0);
    return at;
  }

  #grow(): void {
    const before = this.#columns;
    const capacity = this.#capacity * 2;
    const after = createAggregates(capacity);
    for (const name of Object.keys(before) as (keyof AggregateColumns)[]) after[name].set(before[name]);
    const minutes = new Float64Array(capacity);
    minutes.set(this.#minutes);
    this.#columns = after;
    this.#minutes = minutes;
    this.#capacity = capacity;
  }
}

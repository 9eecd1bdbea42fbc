import type { LiveValue } from '#contracts/live.ts';
import { createSampleBatch, setValue, ValueKind, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag, type Sample } from '#domain/sample.ts';
import type { SignalNo } from '#domain/sample-store.ts';
import { timeMsAt } from '#domain/time.ts';

const TWO_32 = 0x100000000;

/**
 * The last value of every signal, in columns indexed by SignalNo, with the tick of its last change and the
 * minimum and maximum of the numbers that came within that tick. 100,000 samples/s pass here: no object a sample.
 */
export class LiveValues {
  /** Counts up with each turn of the hub, from 1; 0 in `changed` = no sample yet. */
  tick = 1;
  /** When the first sample of this tick came, on the monotonic clock; NaN while there was none. */
  tickBeganAt = Number.NaN;
  /** Set when a number comes that is beyond what {@link reserve} promised: the catalogue has grown. */
  beyondCatalogue = false;

  changed = new Uint32Array(0);
  statusCode = new Uint32Array(0);
  /** Infinity and -Infinity while no good number came within the tick. */
  lo = new Float64Array(0);
  hi = new Float64Array(0);
  #reserved = 0;
  #kind = new Uint8Array(0);
  #f64 = new Float64Array(0);
  #i64 = new BigInt64Array(0);
  #valueWords = new Uint32Array(0);
  #timeNs = new BigInt64Array(0);
  #timeWords = new Uint32Array(0);
  #texts: (string | undefined)[] = [];

  /** Announces that numbers up to `greatest` are in the catalogue. */
  reserve(greatest: SignalNo): void {
    this.#reserved = greatest;
    this.#grow(greatest + 1);
    this.beyondCatalogue = false;
  }

  #grow(needed: number): void {
    const old = this.changed.length;
    if (needed <= old) return;
    const capacity = Math.max(needed, old * 2, 1_024);
    this.changed = grown(Uint32Array, this.changed, capacity);
    this.statusCode = grown(Uint32Array, this.statusCode, capacity);
    this.lo = grown(Float64Array, this.lo, capacity);
    this.hi = grown(Float64Array, this.hi, capacity);
    this.#kind = grown(Uint8Array, this.#kind, capacity);
    this.#f64 = grown(Float64Array, this.#f64, capacity);
    this.#i64 = new BigInt64Array(this.#f64.buffer);
    this.#valueWords = new Uint32Array(this.#f64.buffer);
    this.#timeNs = grown(BigInt64Array, this.#timeNs, capacity);
    this.#timeWords = new Uint32Array(this.#timeNs.buffer);
  }

  /** What the store had before anything is heard from it. */
  seed(samples: readonly (Sample & { signalNo: SignalNo })[]): void {
    const batch = createSampleBatch(samples.length);
    samples.forEach((sample, i) => {
      batch.signal[i] = sample.signalNo;
      batch.timeNs[i] = sample.sourceTimestamp;
      batch.statusCode[i] = sample.statusCode;
      setValue(batch, i, sample.value);
    });
    batch.count = samples.length;
    this.apply(batch, 0);
  }

  /** Takes the columns of a stored batch; they are not kept. Backfill never moves a live value back. */
  apply(batch: SampleBatch, monotonicMs: number): void {
    const { count, signal, flags, kind, statusCode } = batch;
    const sourceValues = new Uint32Array(batch.f64.buffer, batch.f64.byteOffset, 2 * count);
    const sourceTimes = new Uint32Array(batch.timeNs.buffer, batch.timeNs.byteOffset, 2 * count);
    if (Number.isNaN(this.tickBeganAt)) this.tickBeganAt = monotonicMs;
    for (let i = 0; i < count; i += 1) {
      if (((flags[i] ?? 0) & SampleFlag.historical) !== 0) continue;
      const no = signal[i] ?? 0;
      if (no > this.#reserved) {
        this.beyondCatalogue = true;
        this.#grow(no + 1);
      }
      this.statusCode[no] = statusCode[i] ?? 0;
      this.#valueWords[2 * no] = sourceValues[2 * i] ?? 0;
      this.#valueWords[2 * no + 1] = sourceValues[2 * i + 1] ?? 0;
      this.#timeWords[2 * no] = sourceTimes[2 * i] ?? 0;
      this.#timeWords[2 * no + 1] = sourceTimes[2 * i + 1] ?? 0;
      const k = kind[i] ?? 0;
      this.#kind[no] = k;
      if (k >= ValueKind.text) this.#texts[no] = textOf(batch, i, k);
      this.#widen(no, k);
    }
  }

  #widen(no: SignalNo, kind: number): void {
    if (this.changed[no] !== this.tick) {
      this.changed[no] = this.tick;
      this.lo[no] = Infinity;
      this.hi[no] = -Infinity;
    }
    const value = this.#number(no, kind);
    if (value < (this.lo[no] ?? 0)) this.lo[no] = value;
    if (value > (this.hi[no] ?? 0)) this.hi[no] = value;
  }

  /** NaN where the value is no number; integers beyond 2^53 are rounded. */
  #number(no: SignalNo, kind: number): number {
    if (kind === ValueKind.float) return this.#f64[no] ?? Number.NaN;
    if (kind !== ValueKind.int && kind !== ValueKind.uint64) return Number.NaN;
    const high = this.#valueWords[2 * no + 1] ?? 0;
    return (kind === ValueKind.int ? high | 0 : high) * TWO_32 + (this.#valueWords[2 * no] ?? 0);
  }

  /** The current value as a number for conflation, see {@link lo}. */
  numberAt(no: SignalNo): number {
    return this.#number(no, this.#kind[no] ?? 0);
  }

  /** Source time, ms since 1970, rounded down. */
  timeMs(no: SignalNo): number {
    return timeMsAt(this.#timeWords, no);
  }

  timeNs(no: SignalNo): bigint {
    return this.#timeNs[no] ?? 0n;
  }

  /** The value as the wire carries it. */
  value(no: SignalNo): LiveValue {
    const kind = this.#kind[no];
    switch (kind) {
      case ValueKind.float: {
        const value = this.#f64[no] ?? 0;
        return Number.isFinite(value) ? value : String(value);
      }
      case ValueKind.int:
      case ValueKind.uint64: {
        const value = this.#number(no, kind);
        if (Number.isSafeInteger(value)) return value;
        const exact = this.#i64[no] ?? 0n;
        return String(kind === ValueKind.int ? exact : BigInt.asUintN(64, exact));
      }
      case ValueKind.bool:
        return this.#f64[no] === 1;
      case ValueKind.text:
      case ValueKind.bytes:
      case ValueKind.json:
        return this.#texts[no] ?? null;
      default:
        return null;
    }
  }

  nextTick(): void {
    this.tick += 1;
    this.tickBeganAt = Number.NaN;
  }
}

function textOf(batch: SampleBatch, i: number, kind: number): string | undefined {
  const index = batch.f64[i] ?? -1;
  if (kind !== ValueKind.bytes) return batch.texts[index];
  const blob = batch.blobs[index];
  return blob && Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('base64');
}

type Columns = Uint8Array | Uint32Array | Float64Array | BigInt64Array;

function grown<Column extends Columns>(
  make: new (length: number) => Column,
  old: Column,
  capacity: number,
): Column {
  const bigger = new make(capacity);
  (bigger as { set(source: Column): void }).set(old);
  return bigger;
}

import type { ApiClient } from '../api/client.ts';
import { BucketRing } from '../live-core/bucket-ring.ts';
import type { CoreClock } from '../live-core/clock.ts';
import type { LiveStore, Slot, SlotListener } from '../live-core/live-store.ts';

export const SPARK_BUCKET_MS = 2_500;
export const SPARK_BUCKETS = 240;
export const SPARK_WINDOW_MS = SPARK_BUCKET_MS * SPARK_BUCKETS;
const BAD = 0x8000_0000;
const COLLECT_MS = 60;
const SIGNALS_A_REQUEST = 50;

export interface SparksOptions {
  readonly api: ApiClient;
  readonly store: LiveStore;
  readonly clock: CoreClock;
}

interface Spark {
  readonly signal: string;
  readonly ring: BucketRing;
  users: number;
  unlisten: () => void;
}

/**
 * The last ten minutes of every signal on the screen, as min/max/last per 2.5 s: what was before the page opened is
 * asked for in batches, what comes afterwards is listened to. Both may tell of the same bucket: min and max do not
 * mind.
 */
export class Sparks implements SlotListener {
  readonly #options: SparksOptions;
  readonly #bySlot = new Map<Slot, Spark>();
  readonly #wanted = new Set<Spark>();
  #collecting = false;
  #isLive = false;

  constructor(options: SparksOptions) {
    this.#options = options;
  }

  /** Returns the ring and its end of use. */
  use(signal: string): { readonly ring: BucketRing; readonly release: () => void } {
    const slot = this.#options.store.slotOf(signal);
    let spark = this.#bySlot.get(slot);
    if (!spark) {
      const ring = new BucketRing(SPARK_BUCKET_MS, SPARK_BUCKETS);
      spark = { signal, ring, users: 0, unlisten: this.#options.store.listen(slot, this) };
      this.#bySlot.set(slot, spark);
      this.#want(spark);
    }
    spark.users += 1;
    const used = spark;
    return { ring: spark.ring, release: () => this.#release(slot, used) };
  }

  onValue(slot: Slot): void {
    const spark = this.#bySlot.get(slot);
    const { store } = this.#options;
    const value = store.values[slot];
    if (!spark) return;
    if (!this.#isLive) {
      this.#isLive = true;
      this.#collect();
    }
    const timeMs = store.times[slot] ?? NaN;
    if (typeof value === 'number' && (store.status[slot] ?? 0) < BAD)
      spark.ring.add(timeMs, store.lo[slot] ?? value, store.hi[slot] ?? value, value);
    else spark.ring.break(timeMs);
  }

  /** After the connection was away, or when samples of the past arrived, there is a hole to fill. */
  refill(machine?: string): void {
    for (const spark of this.#bySlot.values())
      if (machine === undefined || spark.signal.startsWith(`${machine}/`)) this.#want(spark);
  }

  newestGood(signal: string): { timeMs: number; value: number } | undefined {
    return this.#bySlot.get(this.#options.store.slotOf(signal))?.ring.newestGood();
  }

  #release(slot: Slot, spark: Spark): void {
    spark.users -= 1;
    if (spark.users > 0) return;
    spark.unlisten();
    this.#bySlot.delete(slot);
    this.#wanted.delete(spark);
  }

  #want(spark: Spark): void {
    this.#wanted.add(spark);
    this.#collect();
  }

  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    this.#options.clock.after(COLLECT_MS, () => {
      this.#collecting = false;
      void this.#load();
    });
  }

  async #load(): Promise<void> {
    // The past of all signals at once would keep the first values waiting. They also tell the server's time.
    if (!this.#isLive || !this.#options.store.serverClock.measured) return;
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    for (let at = 0; at < wanted.length; at += SIGNALS_A_REQUEST) {
      await this.#loadSome(wanted.slice(at, at + SIGNALS_A_REQUEST));
    }
  }

  async #loadSome(sparks: readonly Spark[]): Promise<void> {
    const toMs = this.#options.store.serverClock.now();
    const fromMs = toMs - SPARK_WINDOW_MS;
    try {
      const answer = await this.#options.api.samples({
        signals: sparks.map((spark) => spark.signal),
        fromMs,
        toMs,
        maxPoints: SPARK_BUCKETS,
      });
      for (const series of answer.series) {
        const spark = sparks.find((each) => each.signal === series.signal);
        if (spark) fillRing(spark.ring, series.columns, series.count);
      }
    } catch {
      // A sparkline without its past fills from now on; the next reconnect asks again.
    }
  }
}

function fillRing(ring: BucketRing, columns: Readonly<Record<string, Float64Array>>, count: number): void {
  const time = columns['t'];
  const last = columns['value'] ?? columns['last'];
  const lo = columns['min'] ?? last;
  const hi = columns['max'] ?? last;
  if (!time || !last || !lo || !hi) return;
  const status = columns['statusCode'] ?? columns['worstStatus'];
  for (let i = 0; i < count; i += 1) {
    const value = (status?.[i] ?? 0) < BAD || columns['statusCode'] === undefined ? (last[i] ?? NaN) : NaN;
    if (Number.isNaN(value)) ring.break(time[i] ?? NaN);
    else ring.add(time[i] ?? NaN, lo[i] ?? value, hi[i] ?? value, value);
  }
}

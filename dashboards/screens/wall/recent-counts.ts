import type { Core } from '../../app/core.ts';
import type { BucketRing } from '../../live-core/bucket-ring.ts';

/** What counters counted within the sparklines' ten minutes. A counter that begins anew counts from its new beginning. */
export class RecentCounts {
  readonly #core: Pick<Core, 'sparks'>;
  readonly #rings = new Map<string, BucketRing>();

  constructor(core: Pick<Core, 'sparks'>) {
    this.#core = core;
  }

  /** `undefined` until a counter has said something. The rings are kept: a wall shows the same counters for days. */
  made(signals: readonly string[]): number | undefined {
    let total: number | undefined;
    for (const signal of signals) {
      let ring = this.#rings.get(signal);
      if (!ring) {
        ring = this.#core.sparks.use(signal).ring;
        this.#rings.set(signal, ring);
      }
      const counted = countedIn(ring);
      if (counted !== undefined) total = (total ?? 0) + counted;
    }
    return total;
  }
}

/** Sum of the rises from bucket to bucket. */
export function countedIn(ring: BucketRing): number | undefined {
  let before = NaN;
  let counted: number | undefined;
  for (let bucket = ring.newestBucket - ring.count + 1; bucket <= ring.newestBucket; bucket += 1) {
    const { last } = ring.at(bucket);
    if (Number.isNaN(last)) continue;
    counted ??= 0;
    if (last > before) counted += last - before;
    before = last;
  }
  return counted;
}

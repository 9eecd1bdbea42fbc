/** The conformance suite of every SampleStore: `describe`d once per store with a harness that makes it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SampleStore } from '#domain/sample-store.ts';
import { describeBuckets } from './buckets.suite.ts';
import { describeDelivery } from './delivery.suite.ts';
import { describeValues } from './values.suite.ts';
import { describeUpkeep } from './upkeep.suite.ts';

/** One store on a state of its own. */
export interface StoreUnderTest {
  readonly store: SampleStore;
  /** Stops the store and starts another one on the same state. */
  restart(): Promise<SampleStore>;
  /** Lets the store do its background work (sealing, merging, retention) as if it were `nowMs`. */
  settle(nowMs: number): Promise<void>;
  /** Stops it and removes its state. */
  remove(): Promise<void>;
}

export interface StoreHarness {
  readonly name: string;
  create(): Promise<StoreUnderTest>;
  /** Retention of the stores made, days. */
  readonly retentionDays: number;
}

/** What a part of the suite works on: made anew before each test. */
export interface Bench {
  store: SampleStore;
  under: StoreUnderTest;
}

export function describeSampleStore(harness: StoreHarness): void {
  describe(`sample store: ${harness.name}`, () => {
    const bench = {} as Bench;
    beforeEach(async () => {
      bench.under = await harness.create();
      bench.store = bench.under.store;
    });
    afterEach(() => bench.under.remove());

    it('has an identity that stays', async () => {
      const { storeId } = bench.store;
      expect(storeId).not.toBe('');
      expect((await bench.under.restart()).storeId).toBe(storeId);
    });

    describeDelivery(bench);
    describeValues(bench);
    describeBuckets(bench);
    describeUpkeep(bench, harness);
  });
}

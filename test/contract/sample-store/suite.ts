/** The conformance suite of every SampleStore: `describe`d once per store with a harness that makes it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBuckets } from './buckets.suite.ts';
import { describeDelivery } from './delivery.suite.ts';
import { describeLosses } from './losses.suite.ts';
import { describeEvents } from './events.suite.ts';
import { describeValues } from './values.suite.ts';
import { describeUpkeep } from './upkeep.suite.ts';
import type { Bench, StoreHarness } from './harness.ts';

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

    describeLosses(bench);
    describeEvents(bench);
    describeValues(bench);
    describeBuckets(bench);
    describeUpkeep(bench, harness);
  });
}

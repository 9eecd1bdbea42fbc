import type { SampleStore } from '#domain/sample-store.ts';

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
  /** No retention can be brought about: its server's clock cannot be told. */
  readonly keepsForEver?: boolean;
}

/** What a part of the suite works on: made anew before each test. */
export interface Bench {
  store: SampleStore;
  under: StoreUnderTest;
}

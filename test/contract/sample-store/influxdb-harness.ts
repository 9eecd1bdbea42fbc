import { createInfluxStore, type InfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import type { InfluxHistorianInput } from '#contracts/config/historian.ts';
import type { StoreHarness } from './harness.ts';

export const RETENTION_DAYS = 30;

/** So far back that the suite's oldest sample is within the retention: its server keeps for ever, and drops when told. */
const CLOCK_MS = -9_221_000_000_000;

export interface InfluxUnderTest {
  readonly name: string;
  readonly config: () => InfluxHistorianInput;
  /** Lets the server keep what is older than the retention: see {@link InfluxUnderTest.dropBefore}. */
  readonly keepAll: (database: string) => Promise<void>;
  /** What the server's retention does at that time, ms. */
  readonly dropBefore: (database: string, timeMs: number) => Promise<void>;
  readonly keepsForEver?: boolean;
  readonly drop: (database: string) => Promise<void>;
}

let databases = 0;

/** A store on databases of its own. */
export function influxHarness(under: InfluxUnderTest): StoreHarness {
  return {
    name: under.name,
    retentionDays: under.keepsForEver === true ? 0 : RETENTION_DAYS,
    keepsForEver: under.keepsForEver === true,
    create: async () => {
      databases += 1;
      const database = `suite${process.pid}x${databases}`;
      const clock = { now: () => CLOCK_MS, monotonic: () => performance.now() };
      const make = (): InfluxStore =>
        createInfluxStore({ config: { retentionDays: RETENTION_DAYS, ...under.config(), database }, clock });
      let current = make();
      await current.start();
      await under.keepAll(database);
      return {
        get store() {
          return current;
        },
        restart: async () => {
          await current.stop();
          current = make();
          await current.start();
          return current;
        },
        settle: async (nowMs) => {
          await under.dropBefore(database, nowMs - RETENTION_DAYS * 86_400_000);
          // The suite's samples lie in the day after: rolled up, and what comes then is late.
          await current.rollUp(nowMs + 2 * 86_400_000);
          current.forgetCount();
        },
        remove: async () => {
          await current.stop();
          await under.drop(database);
        },
      };
    },
  };
}

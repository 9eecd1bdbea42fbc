import { afterAll, beforeAll } from 'vitest';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { influxHarness } from './influxdb-harness.ts';
import { retentionOf } from './influxd-server.ts';
import { describeSampleStore } from './suite.ts';

describeWith('influxd', 'on the real influxd', (program) => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
  });
  afterAll(() => influxd.remove());

  describeSampleStore(
    influxHarness({
      name: 'InfluxDB 1.x (influxd of the system)',
      config: () => ({ url: influxd.url }),
      ...retentionOf(() => influxd),
    }),
  );
});

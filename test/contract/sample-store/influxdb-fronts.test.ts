import { afterAll, beforeAll, describe, vi } from 'vitest';
import { FRONT_TOKEN, frontConfig, startInfluxFront, type InfluxFront } from '../../support/influx-front.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { influxHarness } from './influxdb-harness.ts';
import { retentionOf } from './influxd-server.ts';
import { describeSampleStore } from './suite.ts';

describeWith('influxd', 'behind the interface that is documented of', (program) => {
  describe.each([2, 3] as const)('InfluxDB %i.x', (generation) => {
    let influxd: Influxd;
    let front: InfluxFront;
    beforeAll(async () => {
      vi.stubEnv('INFLUX_TOKEN', FRONT_TOKEN);
      influxd = await startInfluxd(program, { inMemory: true });
      front = await startInfluxFront(generation, influxd.url);
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await front.close();
      await influxd.remove();
    });

    describeSampleStore(
      influxHarness({
        name: `InfluxDB ${generation}.x (documented, not proven)`,
        config: () => frontConfig(front),
        ...retentionOf(() => influxd),
      }),
    );
  });
});

import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';
import type { InfluxHistorianInput } from '#contracts/config/historian.ts';
import { skipMark } from '../../support/skip-mark.ts';
import { influxHarness, type InfluxUnderTest } from './influxdb-harness.ts';
import { describeSampleStore } from './suite.ts';

/**
 * Servers that cannot be told the time: their database keeps for ever, and the one test about retention is left out.
 */
const withoutRetention = (name: string, config: () => InfluxHistorianInput): InfluxUnderTest => ({
  name,
  config: () => ({ ...config(), retentionDays: 0 }),
  keepsForEver: true,
  keepAll: () => Promise.resolve(),
  dropBefore: () => Promise.resolve(),
  drop: () => Promise.resolve(),
});

const given = process.env['INFLUX_URL'];

if (given === undefined) {
  describe.skip(`InfluxDB given from outside ${skipMark('influx-url', 'set INFLUX_URL, and INFLUX_TOKEN, INFLUX_ORG, for the same tests against it')}`, () => {
    it('is not given', () => undefined);
  });
} else {
  describeSampleStore(influxHarness(withoutRetention(`InfluxDB at ${given}`, () => ({ url: given }))));
}

interface Image {
  readonly image: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly ready: string;
}

const TOKEN = 'container-token';

const IMAGES: readonly Image[] = [
  { image: 'influxdb:1.8', port: 8086, environment: {}, command: [], ready: '/ping' },
  {
    image: 'influxdb:2.7',
    port: 8086,
    command: [],
    ready: '/health',
    environment: {
      DOCKER_INFLUXDB_INIT_MODE: 'setup',
      DOCKER_INFLUXDB_INIT_USERNAME: 'admin',
      DOCKER_INFLUXDB_INIT_PASSWORD: 'container-password',
      DOCKER_INFLUXDB_INIT_ORG: 'plant-org',
      DOCKER_INFLUXDB_INIT_BUCKET: 'first',
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN: TOKEN,
    },
  },
  {
    image: 'influxdb:3-core',
    port: 8181,
    environment: {},
    ready: '/health',
    command: ['influxdb3', 'serve', '--node-id', 'test', '--object-store', 'memory', '--without-auth'],
  },
];

const engine = await getContainerRuntimeClient().then(
  () => true,
  () => false,
);

describe.each(IMAGES)(
  `$image in a container ${engine ? '' : skipMark('docker', 'start a Docker engine that this user may use')}`,
  ({ image, port, environment, command, ready }) => {
    if (!engine) {
      it.skip(`${image} is not tried ${skipMark('docker', 'start a Docker engine that this user may use')}`, () =>
        undefined);
      return;
    }
    let container: StartedTestContainer;
    beforeAll(async () => {
      const { Wait } = await import('testcontainers');
      container = await new GenericContainer(image)
        .withExposedPorts(port)
        .withEnvironment({ ...environment })
        .withCommand([...command])
        .withWaitStrategy(Wait.forHttp(ready, port).forStatusCodeMatching((status) => status < 300))
        .start();
      vi.stubEnv('INFLUX_TOKEN', TOKEN);
    }, 300_000);
    afterAll(async () => {
      vi.unstubAllEnvs();
      await container.stop();
    });
    describeSampleStore(
      influxHarness(
        withoutRetention(image, () => ({
          url: `http://${container.getHost()}:${container.getMappedPort(port)}`,
          org: 'plant-org',
        })),
      ),
    );
  },
);

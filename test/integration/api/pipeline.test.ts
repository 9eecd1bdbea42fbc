import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gapsRoute } from '#contracts/api/gaps.ts';
import { pipelineRoute } from '#contracts/api/pipeline.ts';
import { machineId } from '#domain/asset-path.ts';
import { SampleFlag } from '#domain/sample.ts';
import { msToNs } from '#domain/time.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';
import { LiveClient } from '../../support/live-client.ts';

let api: ApiFixture;
const clients: LiveClient[] = [];
beforeEach(() => {
  api = ApiFixture.inMemory();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await api.stop();
});

const PUMP = machineId('brest', 'pump-01');
const json = async (path: string): Promise<unknown> => (await api.get(`/api/v1${path}`)).json();

async function declareGap(fromMs: number, toMs: number): Promise<void> {
  api.sequence += 1;
  const { sequence } = api;
  const record = { kind: 'gap', stream: STREAM, sequence, checksum: sequence, machine: PUMP } as const;
  await api.store.append([{ ...record, from: msToNs(fromMs), to: msToNs(toMs), cause: 'connection-lost' }]);
}

async function connect(): Promise<LiveClient> {
  const client = await LiveClient.open(api.port);
  clients.push(client);
  client.send({ hello: 1 });
  client.send({ sub: 1, tags: ['*'] });
  await client.until('the snapshot', () => client.frames.find(({ snap }) => snap));
  return client;
}

const eventOf = (client: LiveClient, type: string) =>
  client.until(type, () => client.events.flatMap(({ e }) => e).find((event) => event.type === type));

describe('an open page', () => {
  test('is told of a hole that is declared, and of samples that fill one', async () => {
    await api.start();
    const [a = 0] = await api.addMachine('pump-01', ['A']);
    const client = await connect();
    const fromMs = Date.now() - 60_000;
    await declareGap(fromMs, fromMs + 20_000);
    expect(await eventOf(client, 'gap')).toMatchObject({ machine: PUMP, from: fromMs, to: fromMs + 20_000 });
    await api.put('pump-01', [
      { no: a, t: msToNs(fromMs + 5_000), value: 1, flags: SampleFlag.historical },
      { no: a, t: msToNs(fromMs + 9_000), value: 2, flags: SampleFlag.historical },
    ]);
    expect(await eventOf(client, 'backfill')).toMatchObject({
      machine: PUMP,
      from: fromMs + 5_000,
      to: fromMs + 9_000,
    });
    const { items } = gapsRoute.response.parse(await json(`/gaps?machine=${PUMP}`));
    expect(items).toMatchObject([{ machine: PUMP, cause: 'connection-lost' }]);
    expect((await api.get('/api/v1/gaps?machine=brest/nobody')).status).toBe(404);
  });

  test('learns after a restart how old a silent machine’s values are, not how long the server runs', async () => {
    const [a = 0] = await api.store.putCatalogue({
      machine: {
        id: PUMP,
        kind: 'x',
        name: { en: 'x' },
        provenance: 'simulated',
        assetPath: { enterprise: 'e', site: 'brest' },
      },
      signals: [
        {
          id: `${PUMP}/A`,
          machine: PUMP,
          path: 'A',
          name: { en: 'A' },
          dataType: 'Double',
          isArray: false,
          nodeId: 'x',
        },
      ],
    });
    await api.put('pump-01', [{ no: a, t: msToNs(Date.now() - 800_000), value: 1 }]);
    await api.start();
    const client = await connect();
    const age = client.frames.find(({ stale }) => stale)?.stale?.[PUMP] ?? 0;
    expect(age).toBeGreaterThanOrEqual(800_000);
    expect(age).toBeLessThan(900_000);
  });
});

describe('the pipeline', () => {
  test('tells what was not read as holes laid over each other', async () => {
    await api.start();
    await api.addMachine('pump-01', ['A']);
    const fromMs = Date.now() - 600_000;
    await declareGap(fromMs, fromMs + 20_000);
    await declareGap(fromMs + 10_000, fromMs + 30_000);
    await declareGap(fromMs + 100_000, fromMs + 105_000);
    const seen = async (): Promise<unknown> => pipelineRoute.response.parse(await json('/pipeline')).notRead;
    const expected = { gaps: 2, totalMs: 35_000 };
    await expect.poll(seen, { timeout: 10_000 }).toEqual({ ...expected, byMachine: { [PUMP]: expected } });
  });

  test('tells the rate of storing and the lag', async () => {
    await api.start();
    const [a = 0] = await api.addMachine('pump-01', ['A']);
    await api.put('pump-01', [{ no: a, t: msToNs(Date.now() - 40), value: 1 }]);
    const { ingest, rate, api: own } = pipelineRoute.response.parse(await json('/pipeline'));
    expect(ingest.lagMs).toBeGreaterThanOrEqual(40);
    expect(ingest.lagMs).toBeLessThan(5_000);
    expect(rate.values).toHaveLength(239);
    expect(own.browsers).toBe(0);
  });
});

import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LatestView, SamplesResponse } from '#contracts/api/samples.ts';
import type { MachineView } from '#contracts/api/machines.ts';
import { getJson } from '../support/api-client.ts';
import { startCentre } from '../support/centre-process.ts';
import type { CentreProcess } from '../support/centre-process.ts';
import { isAlive, processesNaming } from '../support/living-processes.ts';
import { plantMachineIds } from '../support/plant-machines.ts';
import { skipTiming } from '../support/programs.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

// One factory, told as a story: each test goes on where the one before it stopped.
const dataDir = makeTemporaryFolder('centre');
const MACHINES = plantMachineIds('brest');
const PROCESSES = ['broker', 'simulators', 'services', 'edge-agent'];
let centre: CentreProcess;

const latest = async (): Promise<readonly LatestView[]> =>
  (await getJson<{ items: LatestView[] }>(centre.dashboardUrl, '/api/v1/latest')).items;

function newestMs(samples: readonly LatestView[], machine: string): number {
  const times = samples
    .filter(({ signal }) => signal.startsWith(`${machine}/`))
    .map(({ sourceTimestamp }) => Date.parse(sourceTimestamp));
  return Math.max(Number.NEGATIVE_INFINITY, ...times);
}

/** Every machine of the plant has a sample that is younger than `sinceMs`. */
async function awaitValuesAfter(sinceMs: number, timeout = 60_000): Promise<void> {
  await vi.waitFor(
    async () => {
      const samples = await latest();
      for (const machine of MACHINES) expect(newestMs(samples, machine), machine).toBeGreaterThan(sinceMs);
    },
    { timeout, interval: 250 },
  );
}

const pids = (): number[] => centre.status().processes.flatMap(({ pid }) => pid ?? []);

const awaitNothingLeft = async (timeout: number): Promise<void> => {
  await vi.waitFor(
    () => {
      expect(processesNaming(dataDir)).toEqual([]);
    },
    { timeout, interval: 100 },
  );
};

beforeAll(async () => {
  centre = await startCentre(dataDir);
});

afterAll(async () => {
  if (processesNaming(dataDir).length > 0) await centre.pressCtrlC();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('npm start', () => {
  it('says what it does on its way up', () => {
    for (const name of PROCESSES) expect(centre.output()).toMatch(new RegExp(`\\d+\\.\\d s {2}${name} up`));
  });

  it('is up within 60 s', (context) => {
    const busyPerCore = (loadavg()[0] ?? 0) / availableParallelism();
    if (centre.startedInMs >= 60_000 && busyPerCore > 2)
      skipTiming(context, `load ${busyPerCore.toFixed(1)} per core`);
    expect(centre.startedInMs).toBeLessThan(60_000);
  });

  it('shows the machines of the plant, all connected', async () => {
    await vi.waitFor(
      async () => {
        const { items } = await getJson<{ items: MachineView[] }>(centre.dashboardUrl, '/api/v1/machines');
        expect(items.filter(({ connected }) => connected).map(({ id }) => id)).toEqual(
          expect.arrayContaining([...MACHINES]),
        );
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  it('has live values that go on', async () => {
    await awaitValuesAfter(Date.now());
    await awaitValuesAfter(Date.now());
  });

  it('serves the dashboards', async () => {
    const response = await fetch(centre.dashboardUrl);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<script type="module"');
  });

  it.each(PROCESSES)('names a crashed %s, starts it again, and values go on', async (name) => {
    const before = centre.status().processes.find((process) => process.name === name)?.pid ?? -1;
    // A configuration that somebody removed is no reason to stay away.
    rmSync(path.join(dataDir, 'config', `${name}.yaml`));
    process.kill(before, 'SIGKILL');
    await vi.waitFor(
      () => {
        const now = centre.status().processes.find((process) => process.name === name);
        expect(now).toMatchObject({ state: 'ready' });
        expect(now?.pid).not.toBe(before);
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(centre.output()).toContain(`${name} ended unexpectedly (SIGKILL)`);
    expect(centre.output()).toContain(`${name}.yaml was gone: written again`);
    await awaitValuesAfter(Date.now());
  });

  it('ends everything within 10 s of Ctrl-C', async () => {
    const before = pids();
    expect(before).toHaveLength(PROCESSES.length);
    expect(await centre.pressCtrlC()).toBeLessThan(10_000);
    expect(before.filter(isAlive)).toEqual([]);
    await awaitNothingLeft(1_000);
    expect(centre.output()).toContain('everything has stopped');
  });

  it('keeps data, passwords and certificates over the next start', async () => {
    const read = (file: string): string => readFileSync(path.join(dataDir, file), 'utf8');
    const password = read('secrets/mqtt-ingest.password');
    const endpoints = JSON.parse(read('simulators/endpoints.json')) as {
      endpoints: { certificateSha256: string }[];
    };
    const stoppedAt = new Date().toISOString();
    centre = await startCentre(dataDir);
    expect(read('secrets/mqtt-ingest.password')).toBe(password);
    const now = JSON.parse(read('simulators/endpoints.json')) as typeof endpoints;
    expect(now.endpoints.map((one) => one.certificateSha256)).toEqual(
      endpoints.endpoints.map((one) => one.certificateSha256),
    );
    const signal =
      (await latest()).find((sample) => sample.signal.startsWith('brest/pump-01/'))?.signal ?? '';
    const from = new Date(Date.parse(stoppedAt) - 3_600_000).toISOString();
    const { items } = await getJson<SamplesResponse>(centre.dashboardUrl, '/api/v1/samples', {
      signal,
      from,
      to: stoppedAt,
      maxPoints: '20000',
    });
    const [series] = items;
    expect(series?.mode === 'raw' ? series.samples.length : series?.buckets.length).toBeGreaterThan(0);
    await awaitValuesAfter(Date.now());
  });

  it('leaves no process behind when the supervisor is killed', async () => {
    await centre.killSupervisor();
    await awaitNothingLeft(10_000);
  });
});

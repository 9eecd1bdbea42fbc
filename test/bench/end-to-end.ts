/**
 * The whole centre under load: encrypted OPC UA, journal sync, audit, a browser attached. What counts is read back from the
 * historian's files: distinct samples, each equal to what the load machines produce for (signal, time).
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { getJson } from '../support/api-client.ts';
import { startCentre, type CentreProcess } from '../support/centre-process.ts';
import { findProgram } from '../support/programs.ts';
import { watchProcesses, watchSteal, type ProcessFigures } from './process-figures.ts';
import { quantile } from './reference.ts';
import { sealEverything, verifyLoad, type LoadVerdict } from './verify-load.ts';

export interface LoadShape {
  readonly machines: number;
  /** Of each machine. */
  readonly signals: number;
  readonly rateHz: number;
  readonly seconds: number;
}

export interface EndToEndFigures {
  readonly offeredPerSecond: number;
  /** Distinct samples, equal to what was produced, whose source time lies in the window, per second of it. */
  readonly storedPerSecond: number;
  readonly verdict: LoadVerdict;
  /** Source time until an outside HTTP poller had it. */
  readonly queryable: { readonly p50Ms: number; readonly p99Ms: number; readonly samples: number };
  readonly processes: readonly ProcessFigures[];
  readonly browser: string;
  /** Part of the machine's time that its host gave to others, %. */
  readonly stealPercent: number;
  /** Values that fell out of the servers' queues: the agent did not fetch them in time. */
  readonly overflowed: number;
}

const WARM_UP_MS = 15_000;
const POLL_MS = 20;

/** Runs the centre with the load plant for `shape.seconds`, then stops it and counts what is in the store. */
export async function measureEndToEnd(dataDir: string, shape: LoadShape): Promise<EndToEndFigures> {
  const plant = path.join(dataDir, 'load-plant.yaml');
  await writeFile(plant, stringify(loadPlant(shape)));
  const centre = await startCentre(dataDir, ['--plant', plant]);
  let measured: Pick<EndToEndFigures, 'queryable' | 'processes' | 'browser' | 'stealPercent' | 'overflowed'>;
  let window: { fromMs: number; toMs: number };
  try {
    await awaitMachines(centre, shape);
    const browser = await attachBrowser(centre);
    await delay(WARM_UP_MS);
    const running = centre
      .status()
      .processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
    const figures = watchProcesses(running);
    const steal = watchSteal();
    const fromMs = Date.now();
    const queryable = await pollSamples(centre, shape);
    window = { fromMs, toMs: Date.now() };
    const overflowed = await simulatorMetric(dataDir, 'simulators_values_overflowed');
    measured = {
      queryable,
      processes: figures(),
      browser: browser.name,
      stealPercent: steal(),
      overflowed,
    };
    await browser.close();
    await delay(3_000);
  } finally {
    await centre.pressCtrlC();
  }
  await sealEverything(dataDir);
  const verdict = await verifyLoad(dataDir, shape.rateHz, window);
  const seconds = (window.toMs - window.fromMs) / 1000;
  return {
    offeredPerSecond: shape.machines * shape.signals * shape.rateHz,
    storedPerSecond: verdict.correctInWindow / seconds,
    verdict,
    ...measured,
  };
}

const loadPlant = ({ machines, signals, rateHz }: LoadShape): object => ({
  site: 'brest',
  enterprise: 'Brest Technopark',
  name: { en: 'Load plant' },
  machines: [
    {
      id: 'load',
      kind: 'load',
      count: machines,
      name: { en: 'Load machine' },
      parameters: { signals, rateHz, types: 'mixed' },
    },
  ],
});

const machineName = (shape: LoadShape, i: number): string =>
  shape.machines === 1 ? 'load' : `load-${i + 1}`;

async function awaitMachines(centre: CentreProcess, shape: LoadShape): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt += 1) {
    const { items } = await getJson<{ items: { state: string }[] }>(centre.dashboardUrl, '/api/v1/machines');
    if (items.length === shape.machines && items.every(({ state }) => state === 'online')) return;
    await delay(250);
  }
  throw new Error(`the load machines did not come online:\n${centre.output()}`);
}

async function attachBrowser(centre: CentreProcess): Promise<{ name: string; close: () => Promise<void> }> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) return { name: 'none (apt-get install chromium)', close: async () => {} };
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  await page.goto(centre.dashboardUrl);
  return { name: `Chromium ${browser.version()} on the plant overview`, close: () => browser.close() };
}

interface RawSeries {
  readonly items: readonly { readonly samples?: readonly { readonly t: string }[] }[];
}

/** Signals asked for in one request, of different slices of the period. */
const SIGNALS_A_POLL = 7;

/** Asks for the newest samples of some signals after others, and notes when each one was first there. */
async function pollSamples(centre: CentreProcess, shape: LoadShape): Promise<EndToEndFigures['queryable']> {
  const latencies: number[] = [];
  const endMs = performance.now() + shape.seconds * 1000;
  for (let round = 0; performance.now() < endMs; round += 1) {
    const signals = Array.from({ length: SIGNALS_A_POLL }, (_, i) => {
      const signal = ((round * SIGNALS_A_POLL + i) * 197) % shape.signals;
      const group = String(Math.floor(signal / 100)).padStart(3, '0');
      return `brest/${machineName(shape, (round + i) % shape.machines)}/Group${group}/Signal${String(signal).padStart(4, '0')}`;
    });
    await pollSome(centre, signals, latencies);
  }
  latencies.sort((a, b) => a - b);
  return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), samples: latencies.length };
}

async function pollSome(
  centre: CentreProcess,
  signals: readonly string[],
  latencies: number[],
): Promise<void> {
  const untilMs = performance.now() + 2_000;
  const newestMs = new Map<number, number>();
  const query = signals.map((signal) => `signal=${encodeURIComponent(signal)}`).join('&');
  while (performance.now() < untilMs) {
    const from = new Date(Date.now() - 3_000).toISOString();
    const response = await fetch(new URL(`/api/v1/samples?${query}&from=${from}`, centre.dashboardUrl));
    if (!response.ok) throw new Error(await response.text());
    const series = (await response.json()) as RawSeries;
    const seenMs = Date.now();
    series.items.forEach(({ samples = [] }, i) => {
      const times = samples.map(({ t }) => Date.parse(t));
      const known = newestMs.get(i);
      if (known !== undefined)
        for (const timeMs of times) if (timeMs > known) latencies.push(seenMs - timeMs);
      const newest = times.at(-1);
      if (newest !== undefined) newestMs.set(i, newest);
    });
    await delay(POLL_MS);
  }
}

async function simulatorMetric(dataDir: string, name: string): Promise<number> {
  const config = parse(readFileSync(path.join(dataDir, 'config', 'simulators.yaml'), 'utf8')) as {
    diagnosticsPort: number;
  };
  const response = await fetch(`http://127.0.0.1:${config.diagnosticsPort}/metrics`);
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(await response.text())?.[1] ?? Number.NaN);
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { stringify } from 'yaml';
import { commandOptions } from '#platform/command-line.ts';
import { colouredShare } from '../browser/page-probes.ts';
import { getJson } from '../support/api-client.ts';
import { startCentre, type CentreProcess } from '../support/centre-process.ts';
import { launchChromium, openPage } from '../support/chromium.ts';
import { firstLoads } from '../support/first-load.ts';
import { measureLiveLoad } from '../support/live-load.ts';
import { findProgram } from '../support/programs.ts';
import { Bars, atMost, inMs, inPercent, median, percentile } from './bars.ts';
import { compareWithNodeRed } from './beside.ts';
import { firstValues, type Visitor } from './cold-start.ts';
import { freezeServices, killServices } from './outage.ts';
import { interact, sourceToPixel, watchFrames, watchHeap, type FrameFigures } from './reference-load.ts';
import { buildReferencePage, openReferencePage, type ReferenceShape } from './reference-page.ts';

const USAGE = `Measures the quality bars of the dashboards in Chromium on the real \`npm start\`: sizes, times, frames, memory, colour.
Counts that do not depend on the machine are tests of \`npm test\` as well. All parts take about 25 minutes, in which nothing else should run here.

  npm run bench:ui -- [options]

  --only PARTS   of size, browsers, plant, outage, load, heap (commas between them; default: all)
  --loads N      cold loads of a page for each figure (default: 20)
  --history N    minutes of history that the charts of the reference load have: 6 are 3,600 points (default: 6)
  --minutes N    for which the page's memory is watched (default: 10)
  --beside DIR   compares with Node-RED's Dashboard 2 on the same plant; npm installs it into DIR where it is not there yet
`;
const values = commandOptions(
  {
    only: { type: 'string', default: 'size,browsers,plant,outage,load,heap' },
    loads: { type: 'string', default: '20' },
    history: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '10' },
    beside: { type: 'string' },
  },
  USAGE,
);
const parts = new Set(values.only.split(','));
const bars = new Bars();

const WALL = 'screens/wall/wall-screen.tsx';
const FULL: ReferenceShape = { charts: 20, series: 5, values: 500 };
const VALUES_ALONE: ReferenceShape = { charts: 0, series: 5, values: 500 };
const RATE_HZ = 10;
/** A browser that has something else to do for 120 ms in every frame. */
const BUSY = `{ const burn = () => { const until = performance.now() + 120; while (performance.now() < until); requestAnimationFrame(burn); }; requestAnimationFrame(burn); }`;
const OUTAGES = 5;
const KILLS = 3;

function sizes(): void {
  for (const [screen, module] of [
    ['overview', undefined],
    ['wall', WALL],
  ] as const)
    for (const { language, bytes } of firstLoads(module))
      bars.add(
        'Q1',
        `first load of the ${screen} in ${language}, gzip`,
        `${(bytes / 1000).toFixed(1)} kB`,
        atMost(bytes / 1000, 60, 'kB'),
      );
}

async function browsers(): Promise<void> {
  const { cores, delaysMs, frames } = await measureLiveLoad(
    { tags: 500, rateHz: RATE_HZ },
    { clients: 100, seconds: 10 },
  );
  bars.add(
    'Q23',
    '100 browsers x 500 tags at 10 Hz: server',
    `${cores.toFixed(2)} cores, ${(Math.min(...frames) / 10).toFixed(1)} frames/s at least`,
    atMost(cores, 1, 'core'),
  );
  bars.add(
    'Q23',
    '  stored to received, p50, p95',
    `${inMs(median(delaysMs))}, ${inMs(percentile(delaysMs, 0.95))}`,
    atMost(percentile(delaysMs, 0.95), 50, 'ms p95'),
  );
}

async function coldStarts(browser: Browser, centre: CentreProcess): Promise<void> {
  const measure = async (screen: string, visitor: Visitor): Promise<void> => {
    const found = await firstValues(
      browser,
      new URL(screen, centre.dashboardUrl).href,
      visitor,
      Number(values.loads),
    );
    const p95 = percentile(found, 0.95);
    const [bar, bound] = visitor === 'desktop' ? ['Q2', 800] : ['Q3', 2_500];
    const title = visitor === 'desktop' ? 'cold' : 'cold, CPU x4, 20 Mbit/s, 40 ms';
    bars.add(
      bar,
      `first live value of ${screen}, ${title}: p50, p95 of ${found.length}`,
      `${inMs(median(found))}, ${inMs(p95)}`,
      atMost(p95, bound, 'ms p95'),
    );
  };
  await measure('/', 'desktop');
  await measure('/wall', 'desktop');
  await measure('/wall', 'slow');
}

async function looks(browser: Browser, centre: CentreProcess): Promise<void> {
  const { items } = await getJson<{ items: { id: string }[] }>(centre.dashboardUrl, '/api/v1/machines');
  const machines = items.map(({ id }) => `/machine/${id}`);
  const { page, show, complaints, strangers } = await openPage(
    browser,
    new URL('/?lang=en&theme=light', centre.dashboardUrl),
  );
  for (const theme of ['light', 'dark']) {
    const shares: { readonly screen: string; readonly share: number }[] = [];
    for (const screen of ['/', '/wall', ...machines, '/pipeline', '/quality', '/alarms', '/explore']) {
      await show(`${screen}?lang=en&theme=${theme}`);
      const png = (await page.screenshot()).toString('base64');
      shares.push({ screen, share: await page.evaluate<number>(colouredShare(png)) });
    }
    const standing = (await getJson<{ items: unknown[] }>(centre.dashboardUrl, '/api/v1/alarms')).items
      .length;
    const most = shares.reduce((a, b) => (b.share > a.share ? b : a));
    bars.add(
      'Q18',
      `coloured pixels, ${theme}, worst of ${shares.length} screens (${standing} alarms stand)`,
      `${inPercent(most.share)} on ${most.screen}`,
      atMost(most.share * 100, 2, '%'),
    );
  }
  bars.add(
    '',
    'requests to other hosts, from all of these',
    String(strangers.length),
    atMost(strangers.length, 0, ''),
  );
  bars.add(
    '',
    'complaints of the browser, of all of these',
    String(complaints.length),
    atMost(complaints.length, 0, ''),
  );
  for (const complaint of new Set(complaints)) process.stdout.write(`    ${complaint}\n`);
}

async function outages(browser: Browser, centre: CentreProcess): Promise<void> {
  const { page } = await openPage(browser, new URL('/wall', centre.dashboardUrl));
  const frozen = [];
  for (let n = 0; n < OUTAGES; n += 1) frozen.push(await freezeServices(centre, page));
  const killed = [];
  for (let n = 0; n < KILLS; n += 1) killed.push(await killServices(centre, page));
  const row = (bar: string, figure: string, found: readonly number[], bound?: number): void =>
    bars.add(
      bar,
      `${figure}: median, worst of ${found.length}`,
      `${inMs(median(found))}, ${inMs(Math.max(...found))}`,
      bound === undefined ? undefined : atMost(median(found), bound, 'ms'),
    );
  row(
    'Q10',
    'half-open connection: all values stale',
    frozen.map(({ staleHalfOpen }) => staleHalfOpen),
    2_000,
  );
  row(
    'Q10',
    '  the server goes on: none is',
    frozen.map(({ liveAfterThaw }) => liveAfterThaw),
    2_000,
  );
  row(
    'Q11',
    'closed connection: all values stale',
    killed.map(({ staleClosed }) => staleClosed),
    500,
  );
  row(
    'Q11',
    '  the API answers again: no value is stale',
    killed.map(({ liveAgain }) => liveAgain),
    2_000,
  );
  row(
    '',
    '  (start of the killed services until they answer)',
    killed.map(({ restart }) => restart),
  );
}

async function load(browser: Browser, centre: CentreProcess, dir: string): Promise<void> {
  const startedAt = performance.now();
  const baseUrl = centre.dashboardUrl;
  await buildReferencePage(dir);
  await bars.part('values alone', async () => {
    const { page } = await openReferencePage({ browser, dir, baseUrl, shape: VALUES_ALONE });
    const ages = await sourceToPixel(page, 20, 1_000 / RATE_HZ);
    await page.context().close();
    bars.add(
      'Q4',
      'source (OPC UA server) to pixel, 500 values at 10 Hz: p50, p95',
      `${inMs(median(ages))}, ${inMs(percentile(ages, 0.95))}`,
      atMost(percentile(ages, 0.95), 250, 'ms p95'),
    );
    const slow = await openReferencePage({ browser, dir, baseUrl, shape: VALUES_ALONE, script: BUSY });
    const first = await sourceToPixel(slow.page, 15, 1_000 / RATE_HZ);
    const then = await sourceToPixel(slow.page, 15, 1_000 / RATE_HZ);
    await slow.page.context().close();
    const p95 = percentile(then, 0.95);
    bars.add(
      'Q12',
      'browser that is busy for 120 ms of every frame: source to pixel, p95',
      inMs(p95),
      atMost(p95, 400, 'ms p95'),
    );
    bars.add('Q12', '  15 s earlier (it must not grow)', inMs(percentile(first, 0.95)));
  });
  await delay(Math.max(0, Number(values.history) * 60_000 - (performance.now() - startedAt)));
  await bars.part('reference load', async () => {
    const reference = await openReferencePage({ browser, dir, baseUrl, shape: FULL });
    await delay(5_000);
    const rounds: FrameFigures[] = [];
    for (let n = 0; n < 3; n += 1) rounds.push(await watchFrames(reference, 20));
    const of = (name: keyof FrameFigures): number => median(rounds.map((round) => round[name]));
    const shape = `20 charts x 5 lines x ${Number(values.history) * 600} points + 500 values at 10 Hz`;
    bars.add(
      'Q7',
      `${shape}: main thread`,
      `${inPercent(of('busy'))} (script ${inPercent(of('script'))}, layout and style ${inPercent(of('layout'))})`,
      atMost(of('busy') * 100, 45, '%'),
    );
    bars.add(
      'Q7',
      '  processor time of that thread, however busy the machine',
      inPercent(of('cpu')),
      atMost(of('cpu') * 100, 45, '%'),
    );
    bars.add(
      'Q6',
      '  frames over 50 ms',
      `${inPercent(of('over50'))} at ${of('framesPerSecond').toFixed(0)} frames/s`,
      atMost(of('over50') * 100, 1, '%'),
    );
    bars.add(
      'Q8',
      '  longest frame',
      inMs(Math.max(...rounds.map(({ longest }) => longest))),
      atMost(Math.max(...rounds.map(({ longest }) => longest)), 200, 'ms'),
    );
    const acts = await interact(reference, 50);
    bars.add(
      'Q5',
      `  ${acts.length} interactions under it: p50, p98`,
      `${inMs(median(acts))}, ${inMs(percentile(acts, 0.98))}`,
      atMost(percentile(acts, 0.98), 200, 'ms p98'),
    );
    await reference.page.context().close();
  });
}

async function heap(browser: Browser, centre: CentreProcess, dir: string): Promise<void> {
  await buildReferencePage(dir);
  const reference = await openReferencePage({ browser, dir, baseUrl: centre.dashboardUrl, shape: FULL });
  const figures = await watchHeap(reference, Number(values.minutes));
  const { slopeMbPerMinute, firstMb, lastMb, nodes, listeners } = figures;
  bars.add(
    'Q9',
    `memory of the page under the reference load, ${values.minutes} minutes`,
    `${slopeMbPerMinute.toFixed(3)} MB/min (${firstMb.toFixed(1)} -> ${lastMb.toFixed(1)} MB)`,
    atMost(slopeMbPerMinute, 0.2, 'MB/min'),
  );
  bars.add(
    'Q9',
    '  nodes and listeners more at the end',
    `${nodes}, ${listeners}`,
    atMost(Math.max(nodes, listeners), 0, ''),
  );
}

/** The centre is up before its machines are: waits until each of them is read. */
async function untilRead(centre: CentreProcess): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (performance.now() < endMs) {
    const { items } = await getJson<{ items: { state: string }[] }>(centre.dashboardUrl, '/api/v1/machines');
    if (items.length > 0 && items.every(({ state }) => state === 'online')) return;
    await delay(250);
  }
  throw new Error('not every machine is read after a minute');
}

async function withCentre(
  plant: object | undefined,
  run: (centre: CentreProcess, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-ui-'));
  const file = path.join(dir, 'plant.yaml');
  if (plant) await writeFile(file, stringify(plant));
  const centre = await startCentre(path.join(dir, 'data'), plant ? ['--plant', file] : []);
  try {
    await untilRead(centre);
    await run(centre, path.join(dir, 'page'));
  } finally {
    await centre.pressCtrlC();
    await rm(dir, { recursive: true, force: true });
  }
}

const LOAD_PLANT = {
  site: 'brest',
  enterprise: 'Brest Technopark',
  name: { en: 'Load plant' },
  machines: [
    {
      id: 'load',
      kind: 'load',
      name: { en: 'Load machine' },
      parameters: { signals: 600, rateHz: RATE_HZ, types: 'double' },
    },
  ],
};

async function inBrowser(run: (browser: Browser) => Promise<void>): Promise<void> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('no Chromium here: apt-get install chromium');
  const browser = await launchChromium(executablePath);
  try {
    await run(browser);
  } finally {
    await browser.close();
  }
}

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
bars.add(
  '',
  'machine',
  `${cpus().length} x ${cpus()[0]?.model ?? '?'}, Node ${process.version}, version ${version}`,
);
if (parts.has('size')) sizes();
if (parts.has('browsers')) await bars.part('browsers', browsers);
if (parts.has('plant') || parts.has('outage'))
  await inBrowser((browser) =>
    withCentre(undefined, async (centre) => {
      if (parts.has('plant')) await bars.part('cold starts', () => coldStarts(browser, centre));
      if (parts.has('plant')) await bars.part('looks', () => looks(browser, centre));
      if (parts.has('outage')) await bars.part('outages', () => outages(browser, centre));
    }),
  );
const { beside } = values;
if (beside === undefined) bars.add('', 'beside Node-RED Dashboard 2', 'skipped: no --beside DIR given');
else
  await inBrowser((browser) =>
    withCentre(undefined, (centre, dir) =>
      bars.part('beside', () =>
        compareWithNodeRed({ browser, centre, dir, installDir: path.resolve(beside), bars }),
      ),
    ),
  );
if (parts.has('load') || parts.has('heap'))
  await inBrowser((browser) =>
    withCentre(LOAD_PLANT, async (centre, dir) => {
      if (parts.has('load')) await load(browser, centre, dir);
      if (parts.has('heap')) await bars.part('memory', () => heap(browser, centre, dir));
    }),
  );
console.table(bars.rows);

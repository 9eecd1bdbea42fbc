import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { parse } from 'yaml';
import type { PlainValue } from '#contracts/plain-view.ts';
import { watchProcesses } from '../bench/process-figures.ts';
import type { ProcessFigures } from '../bench/process-figures.ts';
import type { CentreProcess } from '../support/centre-process.ts';
import { inMs, inPercent, median } from './bars.ts';
import type { Bars } from './bars.ts';
import { NODE_RED_NAME, installNodeRed, startNodeRed } from './node-red.ts';
import type { ShownTopic } from './node-red.ts';
import { buildReferencePage, openReferencePage } from './reference-page.ts';
import { metricsOf } from './reference-load.ts';

const CHARTS = 10;
const LINES = 2;
const VALUES = 180;
const LOADS = 5;
const WATCH_S = 20;
const LISTEN_MS = 6_000;

export interface BesideOptions {
  readonly browser: Browser;
  readonly centre: CentreProcess;
  /** For this run. */
  readonly dir: string;
  readonly installDir: string;
  readonly bars: Bars;
}

/** One page of the same values of the same plant, shown by ours and by Node-RED's Dashboard 2, one after the other. */
export async function compareWithNodeRed(options: BesideOptions): Promise<void> {
  const { browser, centre, dir, installDir, bars } = options;
  try {
    await installNodeRed(installDir);
  } catch (error) {
    bars.add('', `${NODE_RED_NAME}: skipped, not to be had here`, String(error));
    return;
  }
  const mqtt = mqttOf(centre);
  const shown = await listen(mqtt);
  const lines = shown.slice(0, CHARTS * LINES);
  const values = shown.slice(CHARTS * LINES, CHARTS * LINES + VALUES);
  const charts = Array.from({ length: CHARTS }, (_, i) => lines.slice(i * LINES, (i + 1) * LINES));
  const services = centre.status().processes.find(({ name }) => name === 'services');
  if (typeof services?.pid !== 'number') throw new Error('no process of the services');
  const alone = watchProcesses([{ name: 'services', pid: services.pid }]);
  await delay(WATCH_S * 1_000);
  const before = sum(alone());
  await buildReferencePage(path.join(dir, 'page'));
  const own = await measure(browser, {
    open: () => openOurs(options, shown),
    server: { name: 'services', pid: services.pid },
  });
  const red = await startNodeRed({ installDir, dir: path.join(dir, 'node-red'), mqtt, charts, values });
  try {
    const theirs = await measure(browser, {
      open: (fresh) => openTheirs(fresh, red.pageUrl),
      server: { name: 'node-red', pid: red.process.pid },
    });
    tell(bars, `${CHARTS} charts x ${LINES} lines + ${values.length} values of Brest`, {
      own,
      theirs,
      before,
    });
  } finally {
    await red.process.stop();
  }
}

interface PageFigures {
  readonly firstValueMs: readonly number[];
  readonly kilobytes: number;
  readonly busy: number;
  readonly heapMb: number;
  readonly cores: number;
  readonly residentMiB: number;
  /** Texts of values that changed, a second. */
  readonly changes: number;
}

interface Subject {
  readonly open: (browser: Browser) => Promise<{ readonly page: Page; readonly devtools: CDPSession }>;
  readonly server: { readonly name: string; readonly pid: number };
}

async function measure(browser: Browser, { open, server }: Subject): Promise<PageFigures> {
  const firstValueMs: number[] = [];
  for (let n = 0; n < LOADS; n += 1) {
    const { page } = await open(browser);
    firstValueMs.push(await page.evaluate<number>(FIRST_VALUE));
    await page.context().close();
  }
  const { page, devtools } = await open(browser);
  const kilobytes = (await page.evaluate<number>(FIRST_LOAD)) / 1_000;
  await delay(5_000);
  await page.evaluate(COUNT_CHANGES);
  const watched = watchProcesses([server]);
  const [before, begin] = [await metricsOf(devtools), performance.now()];
  await delay(WATCH_S * 1_000);
  const after = await metricsOf(devtools);
  const seconds = (performance.now() - begin) / 1_000;
  const busyS = (after.get('TaskDuration') ?? NaN) - (before.get('TaskDuration') ?? NaN);
  const { cores, residentMiB } = sum(watched());
  const changes = (await page.evaluate<number>('window.changes_')) / seconds;
  await devtools.send('HeapProfiler.enable');
  await devtools.send('HeapProfiler.collectGarbage');
  const heapMb = ((await metricsOf(devtools)).get('JSHeapUsedSize') ?? NaN) / 1e6;
  await page.context().close();
  return { firstValueMs, kilobytes, busy: busyS / seconds, heapMb, cores, residentMiB, changes };
}

const sum = (all: readonly ProcessFigures[]): { readonly cores: number; readonly residentMiB: number } => ({
  cores: all.reduce((total, { cores }) => total + cores, 0),
  residentMiB: all.reduce((total, { residentMiB }) => total + residentMiB, 0),
});

function tell(
  bars: Bars,
  what: string,
  {
    own,
    theirs,
    before,
  }: { readonly own: PageFigures; readonly theirs: PageFigures; readonly before: { readonly cores: number } },
): void {
  const row = (figure: string, of: (figures: PageFigures) => string): void =>
    bars.add('', `  ${figure}: ours | ${NODE_RED_NAME}`, `${of(own)} | ${of(theirs)}`);
  bars.add('', `beside another dashboard: ${what}`, '');
  row('page, scripts and styles, gzip', ({ kilobytes }) => `${kilobytes.toFixed(0)} kB`);
  row(`first value, cold, median of ${LOADS}`, ({ firstValueMs }) => inMs(median(firstValueMs)));
  row('main thread', ({ busy }) => inPercent(busy));
  row('texts changed a second', ({ changes }) => changes.toFixed(0));
  row('memory of scripts', ({ heapMb }) => `${heapMb.toFixed(1)} MB`);
  row(
    'its server, this page open',
    ({ cores, residentMiB }) => `${cores.toFixed(2)} cores, ${residentMiB.toFixed(0)} MiB`,
  );
  bars.add(
    '',
    '  (ours is the whole of ingest, historian and API; without a page)',
    `${before.cores.toFixed(2)} cores`,
  );
}

async function openOurs({ browser, centre, dir }: BesideOptions, shown: readonly ShownTopic[]) {
  const machines = [...new Set(shown.map(({ name }) => name.split('/').slice(0, 2).join('/')))];
  const shape = { machine: machines.join(','), charts: CHARTS, series: LINES, values: VALUES };
  const baseUrl = centre.dashboardUrl;
  return await openReferencePage({
    browser,
    dir: path.join(dir, 'page'),
    baseUrl,
    shape,
    script: WATCH_VALUES,
    isReady: 'window.firstValueMs !== undefined',
  });
}

async function openTheirs(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en-GB' });
  await context.addInitScript({ content: WATCH_VALUES });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  await page.goto(url);
  await page.waitForFunction(
    `window.firstValueMs !== undefined && document.querySelectorAll('canvas').length >= ${CHARTS}`,
  );
  return { page, devtools };
}

/** Where either page has its values. */
const VALUE_TEXTS = '.load-values .value .number, .nrdb-ui-text-value';
const WATCH_VALUES = `{
  const look = () => {
    if ([...document.querySelectorAll('${VALUE_TEXTS}')].some((e) => /\\d/.test(e.textContent) && !e.closest('[data-empty]'))) window.firstValueMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;
const FIRST_VALUE = `new Promise((resolve) => {
  const look = () => (window.firstValueMs === undefined ? requestAnimationFrame(look) : resolve(window.firstValueMs));
  look();
})`;
/** Bytes of the page, its scripts and styles, each compressed by gzip, whether or not its server does so. */
const FIRST_LOAD = `(async () => {
  const isCode = ({ name, initiatorType }) => initiatorType === 'navigation' || /\\.(js|css)(\\?|$)/.test(name);
  const found = performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).filter(isCode);
  let bytes = 0;
  for (const name of new Set(found.map(({ name }) => name))) {
    const packed = (await fetch(name)).body.pipeThrough(new CompressionStream('gzip'));
    bytes += (await new Response(packed).arrayBuffer()).byteLength;
  }
  return bytes;
})()`;
const COUNT_CHANGES = `{
  window.changes_ = 0;
  new MutationObserver((list) => { window.changes_ += list.filter(({ target }) => (target.parentElement?.closest('${VALUE_TEXTS}') ?? target.closest?.('${VALUE_TEXTS}'))).length; })
    .observe(document.body, { subtree: true, characterData: true, childList: true });
}`;

function mqttOf({ dataDir }: CentreProcess): { host: string; port: number; password: string } {
  const config = parse(readFileSync(path.join(dataDir, 'config/services.yaml'), 'utf8')) as {
    ingest: { broker: { url: string } };
  };
  const { hostname, port } = new URL(config.ingest.broker.url);
  const password = readFileSync(path.join(dataDir, 'secrets/mqtt-observer.password'), 'utf8').trim();
  return { host: hostname, port: Number(port), password };
}

/** What the plain view tells of measured numbers, by the ids of the signals. */
async function listen({ host, port, password }: ReturnType<typeof mqttOf>): Promise<readonly ShownTopic[]> {
  const client = await connectAsync({ host, port, username: 'observer', password });
  const found = new Map<string, ShownTopic>();
  client.on('message', (topic, payload) => {
    const told = JSON.parse(payload.toString()) as Partial<PlainValue>;
    if (typeof told.value === 'number' && told.unit !== undefined && told.signal !== undefined)
      found.set(told.signal, { topic, name: told.signal });
  });
  await client.subscribeAsync('uns/#');
  await delay(LISTEN_MS);
  await client.endAsync();
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

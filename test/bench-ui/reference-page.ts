import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { build } from 'vite';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

const SOURCES = path.join(REPOSITORY_ROOT, 'dashboards/bench');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

/** Bundles the page of the reference load from the present sources of the dashboards. */
export async function buildReferencePage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: SOURCES,
    base: '/bench/',
    publicDir: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: path.join(SOURCES, 'reference-load.html') },
    },
  });
}

export interface ReferenceShape {
  /** `site/id`, commas between several; default: the load machine. */
  readonly machine?: string;
  readonly charts: number;
  readonly series: number;
  readonly values: number;
}

export interface ReferencePage {
  readonly page: Page;
  readonly devtools: CDPSession;
}

export interface ReferenceOptions {
  readonly browser: Browser;
  /** Of the built page. */
  readonly dir: string;
  /** The centre's address: whatever is not the page itself comes from there. */
  readonly baseUrl: string;
  readonly shape: ReferenceShape;
  /** Run before the page's own scripts. */
  readonly script?: string;
  /** An expression: true once the page shows enough; default: every value, and the first of them anew a few times. */
  readonly isReady?: string;
}

const ALL_SHOWN = `window.paints.length > 8 && document.querySelectorAll('main .value[data-empty]').length === 0`;

/** Opens the page as if the centre served it, and waits until all of it shows something. */
export async function openReferencePage(options: ReferenceOptions): Promise<ReferencePage> {
  const { browser, dir, baseUrl, shape, script, isReady = ALL_SHOWN } = options;
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    locale: 'en-GB',
    // A page whose file came from no server counts as one of the network.
    permissions: ['local-network-access'],
  });
  await context.addInitScript({ content: `${OBSERVERS}\n${script ?? ''}` });
  const page = await context.newPage();
  await page.route('**/bench/**', async (route) => {
    const file = path.join(dir, new URL(route.request().url()).pathname.slice('/bench/'.length));
    const contentType = TYPES[path.extname(file)] ?? 'application/octet-stream';
    await route.fulfill({ body: await readFile(file), contentType });
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  const query = Object.entries(shape).map(([name, value]) => `${name}=${value}`);
  await page.goto(new URL(`/bench/reference-load.html?${query.join('&')}`, baseUrl).href);
  await page.waitForFunction(
    `document.querySelectorAll('.load-charts canvas').length >= ${shape.charts} && ${isReady}`,
    undefined,
    { timeout: 60_000, polling: 200 },
  );
  return { page, devtools };
}

/** What the browser itself tells of its frames and of how long it took to answer to a person. */
const OBSERVERS = `{
  window.frames_ = { deltas: [], long: [], interactions: {} };
  let before;
  const frame = (now) => { if (before !== undefined) window.frames_.deltas.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.frames_.long.push(duration); })
    .observe({ type: 'long-animation-frame' });
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries())
      if (interactionId) window.frames_.interactions[interactionId] = Math.max(window.frames_.interactions[interactionId] ?? 0, duration);
  }).observe({ type: 'event', durationThreshold: 16 });
}`;

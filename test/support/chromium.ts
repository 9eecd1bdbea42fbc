import { loadavg, cpus } from 'node:os';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

/** Debian's Chromium without its own traffic, so that "loads nothing from another host" can be tested. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, messages of the console from warnings up, refusals by the Content-Security-Policy. */
  readonly complaints: readonly string[];
  /** Addresses asked for on any host but the server's. */
  readonly strangers: readonly string[];
  /** Shows another address as the application's own links do: without loading the page anew. */
  readonly show: (path: string) => Promise<void>;
}

export interface PageOptions {
  readonly baseUrl: string;
  readonly path: string;
  readonly width?: number;
  readonly height?: number;
  readonly locale?: string;
  /** Run in the page before its own scripts. */
  readonly script?: string;
}

/** Opens a page and waits until its first live value is painted (or its message, where there is none). */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const { baseUrl, path, width = 1920, height = 1080, locale = 'en-GB', script } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale });
  if (script !== undefined) await context.addInitScript({ content: script });
  const page = await context.newPage();
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== new URL(baseUrl).host && url.protocol !== 'data:') strangers.push(request.url());
  });
  const settled =
    'html[data-link="live"] main :is(.value .number, .legend .reading, .message h2, .alarm strong, .login h2, .machine-quality h2)';
  const show = async (next: string): Promise<void> => {
    const { pathname, searchParams } = new URL(next, baseUrl);
    await page.evaluate(
      `history.pushState(null, '', ${JSON.stringify(next)}); dispatchEvent(new PopStateEvent('popstate'))`,
    );
    const wanted = searchParams.get('lang');
    if (wanted !== null) await page.locator(`html[lang="${wanted}"]`).waitFor({ state: 'attached' });
    if (pathname.startsWith('/machine/')) await page.locator('.machine, .message h2').first().waitFor();
    await page.locator(settled).first().waitFor();
  };
  await page.goto(new URL(path, baseUrl).href);
  await page.locator(settled).first().waitFor();
  return { page, complaints, strangers, show };
}

/** Load of the machine per core: timings measured above 1.5 say nothing about the product. */
export const loadPerCore = (): number => (loadavg()[0] ?? 0) / cpus().length;
export const FAIR_LOAD = 1.5;

import { loadavg, cpus } from 'node:os';
import { chromium } from 'playwright-core';
import type { Browser, Page, Request } from 'playwright-core';

/**
 * The pop-ups of the address bar are web pages of Chromium's own, built anew for every window though nobody sees one:
 * they cost as much as a page of ours. The others are what Playwright switches off (of the last such list alone
 * Chromium takes notice), so that a browser makes no traffic of its own and paints at once.
 */
const NOT_NEEDED = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/** Debian's Chromium without its own traffic, so that "loads nothing from another host" can be tested. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${NOT_NEEDED.join(',')}`,
    ],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, messages of the console from warnings up, refusals by the Content-Security-Policy. */
  readonly complaints: readonly string[];
  /** Addresses asked for on any host but the server's. */
  readonly strangers: readonly string[];
  /** Shows another address as the application's own links do, without loading the page anew, and waits as for the first. */
  readonly show: (path: string) => Promise<void>;
  /** Gives the page another size, in CSS pixels, and waits until it is drawn in it. */
  readonly resize: (size: { readonly width: number; readonly height: number }) => Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly locale?: string;
  /** A phone: fingers instead of a mouse, and its own idea of a page's width. */
  readonly isPhone?: boolean;
  /** Run in the page before its own scripts. */
  readonly script?: string;
}

const SCREEN_BOUND_MS = 30_000;
/** What a screen shows once it has something to tell; a dash tells nothing. */
const FIRST_WORDS =
  'main :is(.value .number, .legend tbody .reading, .message h2, .alarm strong, .alarms > section:first-of-type .hint, .login h2, .machine-quality h2)';

/**
 * Resolves at the first frame at which the page is live, what else is wanted of it is true (`wanted`, an expression),
 * and the screen's first value is painted (or its message, where there is none).
 */
const untilShown = (wanted: string): string => `new Promise((resolve, reject) => {
  const says = (element) => !/^–?$/.test(element.textContent.trim()) && element.checkVisibility({ visibilityProperty: true });
  const isLive = () => document.documentElement.dataset.link === 'live';
  const isShown = () => [...document.querySelectorAll('${FIRST_WORDS}')].some(says);
  const endMs = performance.now() + ${SCREEN_BOUND_MS};
  const look = () => {
    if (isLive() && (${wanted}) && isShown()) resolve();
    else if (performance.now() < endMs) requestAnimationFrame(look);
    else reject(new Error('not shown in ${SCREEN_BOUND_MS} ms: ' + location.href + '; live: ' + isLive() + ', first words: ' + isShown()));
  };
  requestAnimationFrame(look);
})`;

/** Another path is another `main`; another language is told by the document, which gets it last. */
const showing = ({ pathname, search, searchParams }: URL): string => {
  const lang = JSON.stringify(searchParams.get('lang'));
  return `(() => {
    const [before, isOther] = [document.querySelector('main'), location.pathname !== ${JSON.stringify(pathname)}];
    history.pushState(null, '', ${JSON.stringify(pathname + search)});
    dispatchEvent(new PopStateEvent('popstate'));
    return ${untilShown(`(!isOther || document.querySelector('main') !== before) && [null, document.documentElement.lang].includes(${lang})`)};
  })()`;
};

const NEXT_PICTURE = `document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))`;

/** The returned function resolves once all that a page asked of the API is answered and drawn, in the fonts it needs. */
function watchQuestions(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  let tell = (): void => {};
  const close = (request: Request): void => {
    if (open.delete(request) && open.size === 0) tell();
  };
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith('/api/')) open.add(request);
  });
  page.on('requestfinished', close);
  page.on('requestfailed', close);
  return async () => {
    do {
      if (open.size > 0) await new Promise<void>((resolve) => (tell = resolve));
      await page.evaluate(NEXT_PICTURE);
    } while (open.size > 0);
  };
}

/**
 * Opens a page and waits until its first live value is painted (or its message, where there is none), and all that it
 * asked for is there.
 */
export async function openPage(
  browser: Browser,
  address: URL,
  options: PageOptions = {},
): Promise<WatchedPage> {
  const { width = 1920, height = 1080, locale = 'en-GB', isPhone = false, script } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    isMobile: isPhone,
    hasTouch: isPhone,
  });
  if (script !== undefined) await context.addInitScript({ content: script });
  const page = await context.newPage();
  const untilAnswered = watchQuestions(page);
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== address.host && url.protocol !== 'data:') strangers.push(request.url());
  });
  const show = async (path: string): Promise<void> => {
    await page.evaluate(showing(new URL(path, address)));
    await untilAnswered();
  };
  await page.goto(address.href);
  await page.evaluate(untilShown('true'));
  await untilAnswered();
  const resize: WatchedPage['resize'] = async (size) => {
    await page.setViewportSize(size);
    await page.evaluate(NEXT_PICTURE);
  };
  return { page, complaints, strangers, show, resize };
}

/** Load of the machine per core: timings measured above 1.5 say nothing about the product. */
export const loadPerCore = (): number => (loadavg()[0] ?? 0) / cpus().length;
export const FAIR_LOAD = 1.5;

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DoubleProcess } from '../support/api-double/double-process.ts';
import { builtDashboards } from '../support/built-dashboards.ts';
import { launchChromium, openPage } from '../support/chromium.ts';
import { describeWith } from '../support/programs.ts';
import {
  CUT_NUMBERS,
  EMPTY_WORDS,
  OVERFLOWS,
  TEXTS,
  UNREACHABLE,
  colouredShare,
  tofuAmong,
} from './page-probes.ts';

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;
/** Each screen in each language and in each theme; colours do not depend on the language. */
const LOOKS = [
  ['ru', 'light'],
  ['be', 'dark'],
  ['en', 'light'],
  ['zh', 'dark'],
] as const;
/** The longest words, and the widest letters. */
const WIDE_LANGUAGES = ['be', 'zh'] as const;
const SPEED = 'brest/cnc-01/Monitoring/Spindle1/Speed';
const PRESSURE = 'brest/pump-01/Operational/Measurements/OutletPressure';
const SCREENS = [
  ['the plant overview', '/'],
  ['the wall', '/wall'],
  ['a machine', '/machine/brest/cnc-01'],
  ['a machine with a state machine', '/machine/brest/packaging-01'],
  ['a machine of an unknown kind', '/machine/brest/skab-01'],
  ['several signals in one picture', `/explore?signal=${SPEED}&signal=${PRESSURE}&overlay=before`],
  ['the pipeline', '/pipeline'],
  ['an unknown machine', '/machine/brest/nobody'],
  ['an address that leads nowhere', '/nowhere/at/all'],
] as const;
const addressOf = (path: string, choices: Record<string, string>): string =>
  `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(choices).toString()}`;
const WIDTHS = [390, 768, 1366, 1920, 3840] as const;
const HEIGHTS: Readonly<Record<number, number>> = { 390: 844, 768: 1024, 1366: 768, 1920: 1080, 3840: 2160 };
/** Bound of what a loaded machine may take to draw. */
const SOON = { timeout: 15_000 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RUN = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`;

describeWith('chromium', 'every screen', (executablePath) => {
  const server = new DoubleProcess();
  let browser: Browser;

  beforeAll(async () => {
    builtDashboards();
    [browser] = await Promise.all([launchChromium(executablePath), server.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.kill();
  });

  it.each(SCREENS)(
    '%s has no violation of accessibility rules, in any language or theme',
    async (_name, path) => {
      const { page, show, complaints, strangers } = await openPage(browser, {
        baseUrl: server.baseUrl,
        path,
        script: AXE,
      });
      for (const [lang, theme] of LOOKS) {
        await show(addressOf(path, { lang, theme }));
        expect(await page.evaluate(EMPTY_WORDS), `${lang} ${theme}`).toEqual([]);
        expect(await page.evaluate(AXE_RUN), `${lang} ${theme}`).toEqual([]);
      }
      expect(complaints).toEqual([]);
      expect(strangers).toEqual([]);
      await page.context().close();
    },
  );

  it.each(WIDTHS)('fits a width of %i px: nothing beyond the edge, no number cut off', async (width) => {
    const { page, show } = await openPage(browser, {
      baseUrl: server.baseUrl,
      path: '/',
      width,
      height: HEIGHTS[width] ?? 800,
    });
    for (const [, path] of SCREENS)
      for (const lang of WIDE_LANGUAGES) {
        await show(addressOf(path, { lang }));
        expect(await page.evaluate(OVERFLOWS), `${path} ${lang}`).toEqual([]);
        expect(await page.evaluate(CUT_NUMBERS), `${path} ${lang}`).toEqual([]);
      }
    await page.context().close();
  });

  it.each(LANGUAGES)(
    'shows every character of %s, none as an empty box, no parameter unfilled',
    async (lang) => {
      const { page, show } = await openPage(browser, { baseUrl: server.baseUrl, path: `/?lang=${lang}` });
      const texts: string[] = [];
      for (const [, path] of SCREENS) {
        await show(addressOf(path, { lang }));
        texts.push(...(await page.evaluate<string[]>(TEXTS)));
      }
      expect(texts.filter((text) => /\{\w+\}|undefined|NaN|\[object/.test(text))).toEqual([]);
      const characters = [...new Set(texts.join(''))].filter((character) => character.trim() !== '').join('');
      expect(await page.evaluate(tofuAmong(`${characters}\uE124`))).toEqual(['\uE124']);
      await page.context().close();
    },
  );

  it('is reachable by keyboard, with the focus in sight', async () => {
    const { page } = await openPage(browser, { baseUrl: server.baseUrl, path: '/machine/brest/cnc-01' });
    expect(await page.evaluate(UNREACHABLE)).toEqual([]);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.className`)).toBe('skip');
    for (let n = 0; n < 12; n += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
    }
    await page.locator('.trend-plot').first().focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.locator('.readout').first().textContent(), SOON).toMatch(/\d\d:\d\d:\d\d/);
    await page.context().close();
  });

  it('stays calm: of a plant that is well, at most 2 % of the pixels have a colour', async () => {
    for (const path of ['/', '/wall', '/machine/brest/cnc-01', '/pipeline']) {
      const { page } = await openPage(browser, { baseUrl: server.baseUrl, path });
      const png = (await page.screenshot()).toString('base64');
      expect(await page.evaluate<number>(colouredShare(png)), path).toBeLessThanOrEqual(0.02);
      await page.context().close();
    }
  });

  it('speaks the browser’s language until one is chosen, keeps the choice in the address and over screens', async () => {
    const { page } = await openPage(browser, { baseUrl: server.baseUrl, path: '/', locale: 'be-BY' });
    await expect.poll(() => page.locator('html').getAttribute('lang'), SOON).toBe('be');
    await page.locator('.choices select').first().selectOption('zh');
    await expect.poll(() => page.locator('h1').textContent(), SOON).toBe('工厂总览');
    await page.locator('.tile-title a').first().click();
    await page.locator('.machine').waitFor();
    expect(new URL(page.url()).searchParams.get('lang')).toBe('zh');
    await page.goBack();
    await page.locator('.tiles').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh');
    await page.context().close();
  });

  it('changes a trend’s range without one blank frame', async () => {
    const { page } = await openPage(browser, { baseUrl: server.baseUrl, path: '/machine/brest/cnc-01' });
    await page.locator('.trend-plot canvas').first().waitFor();
    const drawn = `(() => {
      const canvas = document.querySelector('.trend-plot canvas');
      const { data } = canvas.getContext('2d').getImageData(80, 10, canvas.width - 90, canvas.height - 40);
      let ink = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 200) ink += 1;
      return ink;
    })()`;
    await expect.poll(() => page.evaluate<number>(drawn), SOON).toBeGreaterThan(500);
    await page.evaluate(`window.leastInk = Infinity; (function watch() {
      window.leastInk = Math.min(window.leastInk, ${drawn}); requestAnimationFrame(watch); })()`);
    for (const range of [1, 2, 3, 0]) {
      const answer = page.waitForResponse((response) => response.url().includes('/api/v1/samples'));
      await page.locator('.segmented button').nth(range).click();
      await answer;
    }
    expect(await page.evaluate<number>('window.leastInk')).toBeGreaterThan(300);
    await page.context().close();
  });

  it('offers every trend as a table too', async () => {
    const { page } = await openPage(browser, {
      baseUrl: server.baseUrl,
      path: '/machine/brest/cnc-01?lang=en',
    });
    await page.locator('.trend-plot canvas').first().waitFor();
    await page.locator('.twin summary').first().click();
    await expect.poll(() => page.locator('.twin tbody tr').count(), SOON).toBeGreaterThan(20);
    await page.context().close();
  });

  it('puts a signal’s trend beside the others and takes it away, and the address knows', async () => {
    const { page } = await openPage(browser, {
      baseUrl: server.baseUrl,
      path: '/machine/brest/cnc-01?lang=en',
    });
    const trends = page.locator('.trend h3');
    await expect.poll(() => trends.count(), SOON).toBe(4);
    await page.getByRole('button', { name: 'Show the trend of Torque' }).click();
    await expect.poll(() => trends.allTextContents(), SOON).toContain('Spindle 1 · Torque');
    const { href } = new URL(page.url());
    await page.goto(href);
    await expect.poll(() => trends.count(), SOON).toBe(5);
    await page.getByRole('button', { name: 'Hide the trend of Torque' }).click();
    await expect.poll(() => trends.count(), SOON).toBe(4);
    await page.context().close();
  });

  it('leaves out the frame where a wall has to show the plant alone', async () => {
    const { page, show } = await openPage(browser, { baseUrl: server.baseUrl, path: '/?kiosk=none' });
    expect(await page.locator('.top-bar').count()).toBe(0);
    await show('/?kiosk=clock');
    expect(await page.locator('.top-bar .clock').count()).toBe(1);
    expect(await page.locator('.top-bar :is(nav, select)').count()).toBe(0);
    await page.context().close();
  });
});

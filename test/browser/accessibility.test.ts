import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DoubleProcess } from '../support/api-double/double-process.ts';
import { launchChromium, openPage } from '../support/chromium.ts';
import { describeWith } from '../support/programs.ts';
import { EMPTY_WORDS, UNREACHABLE } from './page-probes.ts';
import { SCREENS, addressOf } from './screen-list.ts';

/** Each screen in each language and in each theme; colours do not depend on the language. */
const LOOKS = [
  ['ru', 'light'],
  ['be', 'dark'],
  ['en', 'light'],
  ['zh', 'dark'],
] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RUN = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`;

/** Bound of what a loaded machine may take to draw. */
const SOON = { timeout: 15_000 };

describeWith('chromium', 'every screen, for everybody', (executablePath) => {
  const server = new DoubleProcess();
  let browser: Browser;

  beforeAll(async () => {
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
});

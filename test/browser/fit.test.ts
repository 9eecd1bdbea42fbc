import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DoubleProcess } from '../support/api-double/double-process.ts';
import { launchChromium, openPage } from '../support/chromium.ts';
import { describeWith } from '../support/programs.ts';
import { CUT_NUMBERS, OVERFLOWS, TEXTS, tofuAmong } from './page-probes.ts';
import { SCREENS, addressOf } from './screen-list.ts';

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;
/** The longest words, and the widest letters. */
const WIDE_LANGUAGES = ['be', 'zh'] as const;
const WIDTHS = [390, 768, 1366, 1920, 3840] as const;
const HEIGHTS: Readonly<Record<number, number>> = { 390: 844, 768: 1024, 1366: 768, 1920: 1080, 3840: 2160 };

describeWith('chromium', 'every screen, at every size, in every language', (executablePath) => {
  const server = new DoubleProcess();
  let browser: Browser;

  beforeAll(async () => {
    [browser] = await Promise.all([launchChromium(executablePath), server.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.kill();
  });

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
});

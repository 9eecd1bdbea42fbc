import { expect, it } from 'vitest';
import { describeOnDouble } from '../support/describe-pages.ts';
import { CUT_NUMBERS, OVERFLOWS, TEXTS, tofuAmong } from './page-probes.ts';
import { SCREENS, addressOf } from './screen-list.ts';

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;
/** The longest words, and the widest letters. */
const WIDE_LANGUAGES = ['be', 'zh'] as const;
const WIDTHS = [390, 768, 1366, 1920, 3840] as const;
const HEIGHTS: Readonly<Record<number, number>> = { 390: 844, 768: 1024, 1366: 768, 1920: 1080, 3840: 2160 };

describeOnDouble('every screen, at every size, in every language', ({ open }) => {
  it.each(WIDTHS)('fits a width of %i px: nothing beyond the edge, no number cut off', async (width) => {
    const { page, show } = await open('/', { width, height: HEIGHTS[width] ?? 800 });
    for (const [, path] of SCREENS)
      for (const lang of WIDE_LANGUAGES) {
        await show(addressOf(path, { lang }));
        expect(await page.evaluate(OVERFLOWS), `${path} ${lang}`).toEqual([]);
        expect(await page.evaluate(CUT_NUMBERS), `${path} ${lang}`).toEqual([]);
      }
  });

  it.each(LANGUAGES)(
    'shows every character of %s, none as an empty box, no parameter unfilled',
    async (lang) => {
      const { page, show } = await open(`/?lang=${lang}`);
      const texts: string[] = [];
      for (const [, path] of SCREENS) {
        await show(addressOf(path, { lang }));
        texts.push(...(await page.evaluate<string[]>(TEXTS)));
      }
      expect(texts.filter((text) => /\{\w+\}|undefined|NaN|\[object/.test(text))).toEqual([]);
      const characters = [...new Set(texts.join(''))].filter((character) => character.trim() !== '').join('');
      expect(await page.evaluate(tofuAmong(`${characters}\uE124`))).toEqual(['\uE124']);
    },
  );
});

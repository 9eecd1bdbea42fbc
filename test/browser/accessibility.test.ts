import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';
import { EMPTY_WORDS, UNREACHABLE } from './page-probes.ts';
import { SCREENS, addressOf } from './screen-list.ts';

/** Each screen in each language, and its colours, which do not depend on the language, in each theme. */
const LOOKS = [
  { lang: 'ru', theme: 'light', colours: true },
  { lang: 'be', theme: 'dark', colours: true },
  { lang: 'en', theme: 'light', colours: false },
  { lang: 'zh', theme: 'dark', colours: false },
] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeRun = (colours: boolean): string => `axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'color-contrast': { enabled: ${colours} } },
  resultTypes: ['violations'],
}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`;

describeOnDouble('every screen, for everybody', ({ open }) => {
  it.each(LOOKS)(
    'no screen violates a rule of accessibility in $lang, $theme',
    async ({ lang, theme, colours }) => {
      const { page, show, complaints, strangers } = await open(addressOf('/', { lang, theme }), {
        script: AXE,
      });
      for (const [name, path] of SCREENS) {
        await show(addressOf(path, { lang, theme }));
        expect(await page.evaluate(EMPTY_WORDS), name).toEqual([]);
        expect(await page.evaluate(axeRun(colours)), name).toEqual([]);
        expect(complaints, name).toEqual([]);
        expect(strangers, name).toEqual([]);
      }
    },
  );

  it('is reachable by keyboard, with the focus in sight', async () => {
    const { page } = await open('/machine/brest/cnc-01');
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
  });
});

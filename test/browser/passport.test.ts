import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RUN = `axe.run('dialog.passport', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160))))`;
const CNC = '/machine/brest/cnc-01';
const LOAD = 'brest/cnc-01/Monitoring/Spindle1/Load';

describeOnDouble('the passport of a value', ({ open, server }) => {
  const dialog = (page: Page) => page.locator('dialog.passport');
  const hops = (page: Page) =>
    page.evaluate<number[]>(
      `[...document.querySelectorAll('.way li[data-ms]')].filter(({ dataset }) => dataset.step !== 'answered').map(({ dataset }) => Number(dataset.ms))`,
    );

  it('opens by mouse on every kind of number, and its hops add up', async () => {
    const { page, show, complaints } = await open('/?lang=en');
    const numbers = [
      ['/?lang=en', '.tile button.value'],
      ['/machine/brest/cnc-01?lang=en', `.group [data-signal="${LOAD}"]`],
      ['/machine/brest/cnc-01?lang=en', '.trend-head button.value'],
      ['/wall?lang=en', '.wall-machine button.value'],
      [`/explore?signal=${LOAD}&lang=en`, '.legend .reading button'],
    ] as const;
    for (const [path, number] of numbers) {
      await show(path);
      await page.locator(number).first().click();
      await dialog(page).locator('.way li').first().waitFor();
      expect(await dialog(page).locator('.way li').count(), path).toBe(8);
      const total = await dialog(page).locator('.total strong').getAttribute('data-total');
      const parts = await hops(page);
      if (parts.length > 0) expect(parts.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(Number(total), 3);
      expect(await dialog(page).locator('.curl code').textContent()).toContain(
        `curl -s '${server.baseUrl}/api/v1/`,
      );
      await page.getByRole('button', { name: 'Close' }).click();
      await dialog(page).waitFor({ state: 'detached' });
    }
    expect(complaints).toEqual([]);
  });

  it('says "not measured" of what nobody remembers, and shows the raw value and the conversion of another', async () => {
    const { page } = await open('/machine/brest/cnc-01?lang=en');
    const press = async (path: string): Promise<void> => {
      await page.locator(`.group [data-signal="brest/cnc-01/${path}"]`).click();
      await dialog(page).locator('.way li').first().waitFor();
    };
    const unknown = dialog(page).getByText('not measured', { exact: true });
    const counts: number[] = [];
    for (const path of ['Monitoring/Spindle1/Load', 'Monitoring/Spindle1/Torque']) {
      await press(path);
      counts.push(await unknown.count());
      expect(await dialog(page).locator('.facts').textContent()).toContain(`nsu=urn:double;s=${path}`);
      await page.keyboard.press('Escape');
    }
    expect(counts.toSorted((a, b) => a - b)).toEqual([0, 7]);
    await press('Energy/ActiveEnergyImport');
    expect(await dialog(page).locator('.facts').textContent()).toMatch(
      /\d Wh \(UInt64\)Conversion of the unitWh ÷ [\d,]+ = [kM]Wh/,
    );
  });

  it('works by keyboard alone, and gives the focus back', async () => {
    const { page } = await open('/machine/brest/cnc-01?lang=en');
    const number = page.locator(`.group [data-signal="${LOAD}"]`);
    await number.focus();
    await page.keyboard.press('Enter');
    await dialog(page).locator('.way li').first().waitFor();
    const focused = `document.activeElement.closest('dialog') !== null`;
    expect(await page.evaluate(focused)).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focused)).toBe(true);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    expect(await page.evaluate(`document.activeElement.dataset.signal`)).toBe(LOAD);
  });

  it('fits a phone, where a finger opens it, in every language without a violation of accessibility rules', async () => {
    const { page, show } = await open(CNC, { width: 390, height: 844, isPhone: true, script: AXE });
    for (const [lang, theme] of [
      ['ru', 'light'],
      ['be', 'dark'],
      ['zh', 'light'],
      ['en', 'dark'],
    ] as const) {
      await show(`${CNC}?lang=${lang}&theme=${theme}`);
      const number = page.locator(`.group [data-signal="${LOAD}"]`);
      await expect.poll(() => number.textContent(), SOON).toMatch(/\d/);
      expect((await number.boundingBox())?.height).toBeGreaterThanOrEqual(43);
      await number.tap();
      await dialog(page).locator('.way li').first().waitFor();
      expect(await page.evaluate(AXE_RUN), lang).toEqual([]);
      const wide = `[...document.querySelectorAll('dialog *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className)`;
      expect(await page.evaluate(wide), lang).toEqual([]);
      expect(
        await page.evaluate(
          `document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth`,
        ),
      ).toBe(true);
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
    }
  });
});

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

const SPEED = 'brest/cnc-01/Monitoring/Spindle1/Speed';
const PRESSURE = 'brest/pump-01/Operational/Measurements/OutletPressure';

describeOnDouble('exploring signals', ({ open }) => {
  const explored = (page: Page): string[] => new URL(page.url()).searchParams.getAll('signal');

  it('is three keys and a word away: search finds a signal in the chosen language and shows it', async () => {
    const { page } = await open('/?lang=be');
    await page.keyboard.press('/');
    await page.keyboard.type('ціск на выхадзе помпавы');
    await page.locator('.findings [role=option]').first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.legend tbody tr').waitFor();
    expect(explored(page)).toEqual([PRESSURE]);
    expect(await page.locator('.legend tbody th').textContent()).toContain('Ціск на выхадзе');
  });

  it('adds and removes signals, and the address always says which', async () => {
    const { page } = await open(`/explore?signal=${SPEED}&lang=en`);
    await page.getByRole('combobox', { name: 'Add a signal' }).fill('outlet pressure pump test');
    await page.locator('.findings [role=option]').first().click();
    await expect.poll(() => explored(page)).toEqual([SPEED, PRESSURE]);
    await page.getByRole('button', { name: /^Remove: Spindle/ }).click();
    await expect.poll(() => explored(page)).toEqual([PRESSURE]);
  });

  it('looks closer at what is dragged over, stands still there, and returns to live', async () => {
    const { page } = await open(`/explore?signal=${SPEED}&lang=en`);
    await page.locator('.picture canvas').waitFor();
    const box = (await page.locator('.trend-plot .u-over').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => new URL(page.url()).searchParams.has('from')).toBe(true);
    const { searchParams } = new URL(page.url());
    const [from, to] = ['from', 'to'].map((name) => Date.parse(searchParams.get(name) ?? ''));
    expect((to ?? 0) - (from ?? 0)).toBeGreaterThan(290_000);
    expect((to ?? 0) - (from ?? 0)).toBeLessThan(310_000);
    const mean = page.locator('.legend tbody td').nth(2);
    await expect.poll(() => mean.textContent(), SOON).toMatch(/\d/);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.has('from')).toBe(false);
  });

  it('reads the picture at the cursor by keyboard, the other time beside it', async () => {
    const { page } = await open(`/explore?signal=${SPEED}&overlay=before&lang=en`);
    await page.locator('.picture canvas').waitFor();
    const [reading, before] = [0, 1].map((i) => page.locator('.legend tbody td').nth(i));
    await expect.poll(() => before?.textContent(), SOON).toMatch(/\d\srpm/);
    await page.locator('.trend-plot').focus();
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(() => page.locator('.legend thead .reading').textContent(), SOON).toMatch(/\d\d:\d\d/);
    // The two histories are asked for side by side: this one may be the later.
    await expect.poll(() => reading?.textContent(), SOON).toMatch(/\d\srpm/);
  });

  it('saves a picture that explains itself', async () => {
    const { page } = await open(`/explore?signal=${SPEED}&signal=${PRESSURE}&lang=zh`);
    await page.locator('.picture canvas').waitFor();
    await expect.poll(() => page.locator('.legend .reading').nth(1).textContent(), SOON).toMatch(/\d/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('PNG').click()]);
    const png = await readFile(await download.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(download.suggestedFilename()).toMatch(/^trend-\d{4}-.*\.png$/);
    const chartHeight = await page.evaluate<number>(`document.querySelector('.picture canvas').height`);
    expect(png.readUInt32BE(20)).toBeGreaterThan(chartHeight + 2 * 20);
  });

  it('says of an address with an unknown signal which one it is, and shows the others', async () => {
    const { page } = await open(`/explore?signal=brest/nobody/X&signal=${SPEED}&lang=en`);
    await page.getByText('brest/nobody/X is not known').waitFor();
    expect(await page.locator('.legend tbody tr').count()).toBe(1);
  });
});

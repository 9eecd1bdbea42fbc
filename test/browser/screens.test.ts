import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';
import { colouredShare } from './page-probes.ts';

describeOnDouble('every screen', ({ open }) => {
  it('stays calm: of a plant that is well, at most 2 % of the pixels have a colour', async () => {
    const { page, show } = await open('/');
    for (const path of ['/', '/wall', '/machine/brest/cnc-01', '/pipeline']) {
      await show(path);
      const png = (await page.screenshot()).toString('base64');
      expect(await page.evaluate<number>(colouredShare(png)), path).toBeLessThanOrEqual(0.02);
    }
  });

  it('speaks the browser’s language until one is chosen, keeps the choice in the address and over screens', async () => {
    const { page } = await open('/', { locale: 'be-BY' });
    await expect.poll(() => page.locator('html').getAttribute('lang'), SOON).toBe('be');
    await page.locator('.choices select').first().selectOption('zh');
    await expect.poll(() => page.locator('h1').textContent(), SOON).toBe('工厂总览');
    await page.locator('.tile-title a').first().click();
    await page.locator('.machine').waitFor();
    expect(new URL(page.url()).searchParams.get('lang')).toBe('zh');
    await page.goBack();
    await page.locator('.tiles').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh');
  });

  it('changes a trend’s range without one blank frame', async () => {
    const { page } = await open('/machine/brest/cnc-01');
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
  });

  it('draws a machine of a known kind from its values, and none of a kind that it does not know', async () => {
    const { page, show } = await open('/machine/brest/pump-01?lang=en');
    await page.locator('.synoptic-tag .value:not([data-empty])').first().waitFor();
    const shares = `(() => {
      const [vessel, content] = ['.vessel', '.content'].map((part) => document.querySelector('.synoptic ' + part));
      const value = document.querySelector('.synoptic [data-signal$="/TankLevel"] .number').textContent;
      return [content.getAttribute('height') / vessel.getAttribute('height'), Number(value.replace(',', '')) / 1000];
    })()`;
    await expect
      .poll(async () => {
        const [drawn = 0, told = 0] = await page.evaluate<number[]>(shares);
        return drawn > 0 && Math.abs(drawn - told) < 0.01;
      }, SOON)
      .toBe(true);
    expect(await page.locator('.synoptic-name', { hasText: 'Tank level' }).count()).toBe(1);
    await show('/machine/brest/skab-01?lang=en');
    expect(await page.locator('.synoptic').count()).toBe(0);
  });

  it('offers every trend as a table too', async () => {
    const { page } = await open('/machine/brest/cnc-01?lang=en');
    await page.locator('.trend-plot canvas').first().waitFor();
    await page.locator('.twin summary').first().click();
    await expect.poll(() => page.locator('.twin tbody tr').count(), SOON).toBeGreaterThan(20);
  });

  it('puts a signal’s trend beside the others and takes it away, and the address knows', async () => {
    const { page } = await open('/machine/brest/cnc-01?lang=en');
    const trends = page.locator('.trend h3');
    await expect.poll(() => trends.count(), SOON).toBe(4);
    await page.getByRole('button', { name: 'Show the trend of Torque' }).click();
    await expect.poll(() => trends.allTextContents(), SOON).toContain('Spindle 1 · Torque');
    const { href } = new URL(page.url());
    await page.goto(href);
    await expect.poll(() => trends.count(), SOON).toBe(5);
    await page.getByRole('button', { name: 'Hide the trend of Torque' }).click();
    await expect.poll(() => trends.count(), SOON).toBe(4);
  });

  it('leaves out the frame where a wall has to show the plant alone', async () => {
    const { page, show } = await open('/?kiosk=none');
    expect(await page.locator('.top-bar').count()).toBe(0);
    await show('/?kiosk=clock');
    expect(await page.locator('.top-bar .clock').count()).toBe(1);
    expect(await page.locator('.top-bar :is(nav, select)').count()).toBe(0);
  });
});

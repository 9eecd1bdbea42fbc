import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

const PUMP = 'brest/pump-01';

/** Pixels of the line's colour in a share of a canvas's width (0 to 1), in its middle height; the hatch is lighter. */
const inkBetween = (selector: string, from: number, to: number): string => `(() => {
  const canvas = document.querySelector(${JSON.stringify(selector)});
  const left = Math.round(canvas.width * ${from});
  const { data } = canvas.getContext('2d').getImageData(left, 0, Math.round(canvas.width * ${to}) - left, canvas.height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 128) ink += 1;
  return ink;
})()`;

describeOnDouble('what a page says of what is not known', ({ open, server }) => {
  it('draws a gap that is declared while the page is open, in trends and sparklines, without a reload', async () => {
    const { page } = await open(`/machine/${PUMP}?trend=Operational/Control/TestStepNumber&lang=en`);
    const spark = '.group [data-signal$="/TankLevel"]';
    await page.locator(spark).waitFor();
    const now = Date.now();
    const from = new Date(now - 90_000).toISOString();
    // The page asks once when it opens; the gap is in the answer to what it asks because of the event.
    const told = page.waitForResponse(
      async (response) => response.url().includes('/api/v1/gaps') && (await response.text()).includes(from),
      SOON,
    );
    await server.tell(`gap?machine=${PUMP}&from=${now - 90_000}&to=${now - 30_000}`);
    await told;
  });

  it('reads history again when samples of the past arrive', async () => {
    const { page } = await open(`/machine/${PUMP}?lang=en`);
    await page.locator('.trend-plot canvas').first().waitFor();
    await expect.poll(() => page.locator('.trend-foot .note').first().textContent(), SOON).toBe('');
    const again = page.waitForResponse((response) => response.url().includes('/api/v1/samples'), SOON);
    await server.tell(`backfill?machine=${PUMP}`);
    await again;
  });

  it('keeps the last good values of a machine that went offline, hatched, with their time; strikes out no absence', async () => {
    const { page } = await open('/?lang=en');
    const tile = page.locator('.tile[data-machine="brest/compressor-01"]');
    const number = tile.locator('.value .number').first();
    await expect.poll(() => number.textContent(), SOON).toMatch(/\d/);
    await server.tell('offline?machine=brest/compressor-01');
    await expect.poll(() => tile.getAttribute('data-stale'), SOON).toBe('');
    await expect
      .poll(() => tile.locator('.value').first().getAttribute('title'), SOON)
      .toMatch(/last good value, \d\d:/);
    expect(await number.textContent()).toMatch(/\d/);
    expect(
      await page.evaluate<string>(
        `getComputedStyle(document.querySelector('.tile[data-stale] .tile-head')).backgroundImage`,
      ),
    ).toContain('gradient');
    const strikes = `[...document.querySelectorAll('.tile[data-stale] .state-mark[data-state="unknown"] .state-text')]
      .map((text) => getComputedStyle(text).textDecorationLine)`;
    expect(await page.evaluate<string[]>(strikes)).toEqual(['none']);
    const ink = inkBetween('.tile[data-machine="brest/compressor-01"] canvas.spark', 0.995, 1);
    await expect.poll(() => page.evaluate<number>(ink), { timeout: 20_000 }).toBe(0);
    await server.tell('online?machine=brest/compressor-01');
    await expect.poll(() => tile.getAttribute('data-stale'), SOON).toBe(null);
  }, 60_000);

  it('shows no tile for a machine that no agent reads any more, counts it not, and keeps its page', async () => {
    const { page } = await open('/?lang=en');
    await page.getByText('no longer read: Drying oven').waitFor();
    expect(await page.locator('.tile').count()).toBe(5);
    expect(await page.locator('.screen-summary').textContent()).toContain('5 of 5 connected');
    await page.goto(`${server.baseUrl}/machine/brest/oven-01?lang=en`);
    await page.getByText('No agent reads this machine any more').waitFor();
  });

  it('shows large amounts in the unit that people read them in, and translates no foreign name by coincidence', async () => {
    const { page } = await open('/machine/brest/oven-01?lang=ru');
    const row = (path: string) => page.locator(`.group [data-signal="brest/oven-01/${path}"]`);
    await expect.poll(() => row('EnergyTotal').textContent(), SOON).toMatch(/^\d+,\d{3}МВт·ч$/);
    await expect.poll(() => row('HeatingTime').textContent(), SOON).toMatch(/^[\d\s]+,\dч$/);
    await expect.poll(() => row('Running').textContent(), SOON).toMatch(/^(да|нет)$/);
    expect(await page.locator('.group .name').allTextContents()).toContain('Running');
    expect(await page.locator('.machine-head dl').textContent()).toContain('Машина');
  });

  it('leaves room for the title on a phone', async () => {
    const { page } = await open('/machine/brest/pump-01?lang=ru', { width: 390, height: 844 });
    const cut = await page.locator('h1').evaluate((h1: never) => h1['scrollWidth'] > h1['clientWidth']);
    expect(cut).toBe(false);
  });

  it('shows a trend’s table within its card', async () => {
    const { page } = await open('/machine/brest/pump-01?lang=en');
    await page.locator('.trend-plot canvas').first().waitFor();
    await page.locator('.twin summary').first().click();
    await page.locator('.twin tbody tr').first().waitFor();
    const [card, table, plot] = await Promise.all(
      ['.trend', '.twin', '.trend-plot'].map((selector) => page.locator(selector).first().boundingBox()),
    );
    expect((table?.y ?? 0) + (table?.height ?? 0)).toBeLessThanOrEqual(
      (card?.y ?? 0) + (card?.height ?? 0) + 1,
    );
    expect(table?.height).toBeLessThan(300);
    expect(plot?.height).toBeGreaterThan(100);
  });

  it('words the pipeline in the reader’s language, tells the gaps beside the balance and ten minutes of its rate', async () => {
    const { page } = await open('/pipeline?lang=ru');
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('1 запись на пути к диску');
    expect(text).toContain('36\u00a0220 отсчётов; места ещё на 41 день');
    expect(text).toMatch(/Не прочитано: 2 пропуска, всего 12\sмин/);
    expect(text).not.toMatch(/records|samples|online|historian|\d\sms/);
    await expect
      .poll(() => page.evaluate<number>(inkBetween('.rate canvas', 0.1, 0.3)), SOON)
      .toBeGreaterThan(20);
  });

  it('marks in the PackML picture the state that the machine is in, as it moves', async () => {
    const { page } = await open('/machine/brest/packaging-01?lang=ru');
    const current = page.locator('.packml [data-current]');
    const said = page.locator('.machine-head .state-text');
    await expect.poll(() => current.count(), SOON).toBe(1);
    expect(await page.locator('.packml [data-packml]').count()).toBe(17);
    expect(await current.textContent()).toBe(await said.textContent());
    await server.tell('offline?machine=brest/packaging-01');
    await expect.poll(() => current.count(), SOON).toBe(0);
    await expect
      .poll(() => page.locator('.path-problem').textContent(), SOON)
      .toMatch(/opc\.tcp:\/\/10\.0\.0\.5:4840 отклоняет соединение/);
    await server.tell('online?machine=brest/packaging-01');
    await expect.poll(() => current.count(), SOON).toBe(1);
  });
});

import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';
import { CROWDED } from './page-probes.ts';

const WALLS = [
  [1366, 768],
  [1920, 1080],
  [3840, 2160],
] as const;

const SMALLEST_TEXT = `Math.min(...[...document.querySelectorAll('main *')]
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((element) => parseFloat(getComputedStyle(element).fontSize)))`;

describeOnDouble('the wall', ({ open, server }) => {
  it.each(WALLS)(
    'fits %i x %i without a scroll bar, in the longest words, with the frame and without',
    async (width, height) => {
      const { page, show } = await open('/wall?lang=ru', { width, height });
      for (const kiosk of ['', '&kiosk=none']) {
        await show(`/wall?lang=ru${kiosk}`);
        expect(await page.locator('.top-bar').count()).toBe(kiosk === '' ? 1 : 0);
        await expect.poll(() => page.locator('.wall-machine').count(), SOON).toBe(5);
        await expect.poll(() => page.locator('.wall-foot').textContent(), SOON).toMatch(/потеряно 412 из/);
        expect(await page.evaluate<string[]>(CROWDED)).toEqual([]);
        if (width === 3840) {
          expect(await page.evaluate<number>(SMALLEST_TEXT)).toBeGreaterThanOrEqual(24);
          const figure = `parseFloat(getComputedStyle(document.querySelector('.figure-row .number')).fontSize)`;
          expect(await page.evaluate<number>(figure)).toBeGreaterThanOrEqual(72);
        }
      }
    },
  );

  it('shows by lamp, letter and words what a machine does, and what needs a person', async () => {
    const { page } = await open('/wall?lang=en');
    const pump = page.locator('.wall-machine[data-machine="brest/pump-01"]');
    await expect.poll(() => pump.getAttribute('data-standing'), SOON).toMatch(/run|idle/);
    const standing = await pump.getAttribute('data-standing');
    expect(await pump.locator('.lamp').textContent()).toBe(standing === 'run' ? 'R' : 'I');
    const troubles = page.locator('.troubles');
    await troubles.getByText('The pump cavitates').waitFor();
    for (const alarm of ['a-pressure', 'a-vibration', 'a-door'])
      await server.tell(`alarm?id=${alarm}&state=acknowledged`);
    await page.getByText('Nothing: every machine is heard').waitFor();
    await server.tell('alarm?id=a-vibration&state=active');
    await troubles.getByText('Spindle vibration is in zone C/D').waitFor();
    await server.tell('alarm?id=a-vibration&state=acknowledged');
    await server.tell('offline?machine=brest/pump-01');
    await troubles.getByText('Pump test loop').waitFor();
    expect(await pump.locator('.lamp').textContent()).toBe('!');
    await server.tell('online?machine=brest/pump-01');
    await page.getByText('Nothing: every machine is heard').waitFor();
  });

  it('is a list on a phone, what is in trouble first', async () => {
    await server.tell('offline?machine=brest/skab-01');
    const { page } = await open('/wall?lang=be', { width: 390, height: 844 });
    const top = async (machine: string): Promise<number> =>
      (await page.locator(`.wall-machine[data-machine="${machine}"]`).boundingBox())?.y ?? NaN;
    const isFirst = async (): Promise<boolean> => {
      const others = await Promise.all(['brest/pump-01', 'brest/cnc-01', 'brest/compressor-01'].map(top));
      return (await top('brest/skab-01')) < Math.min(...others);
    };
    await expect.poll(isFirst, SOON).toBe(true);
    await server.tell('online?machine=brest/skab-01');
  });

  it('shows its screens in turn, and keeps turning', async () => {
    const { page } = await open('/wall?kiosk=clock&rotate=5&lang=en');
    for (const next of ['/', '/pipeline', '/wall'])
      await expect.poll(() => new URL(page.url()).pathname, SOON).toBe(next);
    expect(new URL(page.url()).searchParams.get('rotate')).toBe('5');
  }, 60_000);
});

import type { Browser } from 'playwright-core';

/** `slow`: a computer a quarter as quick behind a line of 20 Mbit/s and 40 ms. */
export type Visitor = 'desktop' | 'slow';

/** Notes the time, ms since the address was opened, at the frame after the first value was written. */
const FIRST_VALUE = `{
  const says = (element) => /\\d/.test(element.textContent) && !element.closest('[data-empty]');
  const look = () => {
    if ([...document.querySelectorAll('main .value .number')].some(says)) requestAnimationFrame(() => { window.firstValueMs = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;
/** Asked in one go: the page's Content-Security-Policy lets nobody evaluate anything in it later. */
const WHEN_FOUND = `new Promise((resolve, reject) => {
  const look = () => {
    if (window.firstValueMs !== undefined) resolve(window.firstValueMs);
    else if (performance.now() > 30_000) reject(new Error('no value in 30 s'));
    else requestAnimationFrame(look);
  };
  look();
})`;

/** ms from opening the address in a browser without a cache to its first live value, once for each time. */
export async function firstValues(
  browser: Browser,
  address: string,
  visitor: Visitor,
  times: number,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en-GB' });
    await context.addInitScript({ content: FIRST_VALUE });
    const page = await context.newPage();
    if (visitor === 'slow') {
      const devtools = await context.newCDPSession(page);
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      const bytesPerS = 20e6 / 8;
      await devtools.send('Network.enable');
      await devtools.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 40,
        downloadThroughput: bytesPerS,
        uploadThroughput: bytesPerS,
      });
    }
    await page.goto(address, { waitUntil: 'commit' });
    found.push(await page.evaluate<number>(WHEN_FOUND));
    await context.close();
  }
  return found;
}

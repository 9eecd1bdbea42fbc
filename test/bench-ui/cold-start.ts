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
const BOUND_MS = 30_000;

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
    await page.waitForFunction('window.firstValueMs', undefined, { timeout: BOUND_MS, polling: 50 });
    found.push(await page.evaluate<number>('window.firstValueMs'));
    await context.close();
  }
  return found;
}

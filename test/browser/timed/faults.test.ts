import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { FAIR_LOAD, loadPerCore } from '../../support/chromium.ts';
import { SOON, describeOnDouble } from '../../support/describe-pages.ts';
import { skipTiming } from '../../support/programs.ts';
import { ALL_STALE, NONE_STALE, untilTrue } from '../page-probes.ts';

const STALE_HALF_OPEN_MS = 2_000;
const STALE_CLOSED_MS = 500;
const LIVE_AGAIN_MS = 2_000;

describeOnDouble('a page whose server is in trouble', ({ open, server }) => {
  // A frozen server would answer no page of the next test.
  afterEach(() => server.thaw());

  /** ms until the page says so; judged in the page at every frame, so that the question's own way does not count. */
  async function msUntil(page: Page, probe: string, act: () => Promise<void> | void): Promise<number> {
    const begin = performance.now();
    await act();
    await page.evaluate(untilTrue(probe));
    return performance.now() - begin;
  }

  function expectWithin(context: TestContext, ms: number, boundMs: number, what: string): void {
    const load = loadPerCore();
    process.stdout.write(
      `  ${what}: ${ms.toFixed(0)} ms (bound ${boundMs}), load ${load.toFixed(1)} a core\n`,
    );
    if (ms > boundMs && load > FAIR_LOAD)
      skipTiming(context, `a machine with a load below ${FAIR_LOAD} a core, it is ${load.toFixed(1)}`);
    expect(ms).toBeLessThanOrEqual(boundMs);
  }

  it.each(['/', '/wall', '/machine/brest/pump-01', '/pipeline'])(
    '%s marks every value stale when the server freezes, and is live again when it goes on',
    async (path) => {
      const { page } = await open(path);
      expect(await page.evaluate(NONE_STALE)).toBe(true);
      const staleMs = await msUntil(page, ALL_STALE, () => server.freeze());
      expect(await page.locator('.link-badge').getAttribute('data-state')).toBe('silent');
      const liveMs = await msUntil(page, NONE_STALE, () => server.thaw());
      process.stdout.write(
        `  ${path}: stale after ${staleMs.toFixed(0)} ms, live again after ${liveMs.toFixed(0)} ms\n`,
      );
      expect(staleMs).toBeGreaterThan(900);
      expect(staleMs).toBeLessThanOrEqual(
        loadPerCore() > FAIR_LOAD ? 2 * STALE_HALF_OPEN_MS : STALE_HALF_OPEN_MS,
      );
      expect(liveMs).toBeLessThanOrEqual(2 * LIVE_AGAIN_MS);
    },
  );

  it('gives up a connection that stays open and says nothing, and says so', async () => {
    const { page } = await open('/');
    server.freeze();
    await page.locator('.link-badge[data-state="lost"]').waitFor({ timeout: 6_000 });
    server.thaw();
    await page.evaluate(untilTrue(NONE_STALE));
  });

  it('marks every value stale at once when the server is killed, and is live soon after its return', async (context) => {
    const { page } = await open('/');
    const shown = async (): Promise<number> => {
      const texts = await page.locator('.tile .value .number').allTextContents();
      return texts.filter((text) => text !== '–').length / texts.length;
    };
    await expect.poll(shown, SOON).toBeGreaterThan(0.5);
    const staleMs = await msUntil(page, ALL_STALE, () => server.stop());
    const kept = await shown();
    await server.start();
    expect(kept).toBeGreaterThan(0.5);
    const liveMs = await msUntil(page, NONE_STALE, () => {});
    expectWithin(context, staleMs, STALE_CLOSED_MS, 'stale after a kill');
    expectWithin(context, liveMs, LIVE_AGAIN_MS, 'live again after the return');
  });

  it('shows the plant’s time and true ages on a computer whose clock is five minutes off', async () => {
    const { page } = await open('/?lang=en', {
      script: '{ const now = Date.now; Date.now = () => now() - 300_000; }',
    });
    await page.locator('.notice:not([hidden])').waitFor();
    expect(await page.locator('.notice').textContent()).toMatch(/by 5\smin\./);
    const shown = (await page.locator('.clock').textContent()) ?? '';
    const differenceS =
      Math.abs(Date.parse(`2026-01-01T${shown}Z`) - Date.parse(`2026-01-01T${clockNow()}Z`)) / 1000;
    expect(differenceS % 86_400).toBeLessThanOrEqual(2);
    await expect.poll(() => page.evaluate(NONE_STALE), SOON).toBe(true);
    await expect
      .poll(() => page.locator('.tile-foot .age').first().textContent(), SOON)
      .toMatch(/^[0-2]\.\d/);
  });
});

const clockNow = (): string => new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(new Date());

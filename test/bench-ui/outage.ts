import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { CentreProcess } from '../support/centre-process.ts';
import { ALL_STALE, NONE_STALE, untilTrue } from '../browser/page-probes.ts';

/** ms each. */
export interface OutageFigures {
  /** The services stand still, the socket stays open: until every value in sight is marked. */
  readonly staleHalfOpen: number;
  /** They go on: until none is. */
  readonly liveAfterThaw: number;
}

export interface KillFigures {
  readonly staleClosed: number;
  /** From the moment at which the API answers again. */
  readonly liveAgain: number;
  /** What the supervisor takes to start the services anew: not the page's. */
  readonly restart: number;
}

function servicesOf(centre: CentreProcess): number {
  const pid = centre.status().processes.find(({ name }) => name === 'services')?.pid;
  if (typeof pid !== 'number') throw new Error('the services do not run');
  return pid;
}

/** From the act to the first frame at which the page says so. */
async function msUntil(page: Page, probe: string, act: () => void): Promise<number> {
  const begin = performance.now();
  act();
  await page.evaluate(untilTrue(probe));
  return performance.now() - begin;
}

export async function freezeServices(centre: CentreProcess, page: Page): Promise<OutageFigures> {
  const pid = servicesOf(centre);
  await page.evaluate(untilTrue(NONE_STALE));
  try {
    const staleHalfOpen = await msUntil(page, ALL_STALE, () => process.kill(pid, 'SIGSTOP'));
    const liveAfterThaw = await msUntil(page, NONE_STALE, () => process.kill(pid, 'SIGCONT'));
    return { staleHalfOpen, liveAfterThaw };
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

export async function killServices(centre: CentreProcess, page: Page): Promise<KillFigures> {
  const pid = servicesOf(centre);
  await page.evaluate(untilTrue(NONE_STALE));
  const staleClosed = await msUntil(page, ALL_STALE, () => process.kill(pid, 'SIGKILL'));
  const begin = performance.now();
  await untilAnswered(centre);
  const restart = performance.now() - begin;
  const liveAgain = await msUntil(page, NONE_STALE, () => {});
  return { staleClosed, liveAgain, restart };
}

async function untilAnswered(centre: CentreProcess): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (performance.now() < endMs) {
    const answer = await fetch(new URL('/api/v1/health', centre.dashboardUrl)).catch(() => undefined);
    if (answer !== undefined) return;
    await delay(10);
  }
  throw new Error('the services did not come back within a minute');
}

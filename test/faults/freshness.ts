import { setTimeout as delay } from 'node:timers/promises';

interface Latest {
  readonly items: readonly {
    readonly signal: string;
    readonly sourceTimestamp: string;
    readonly statusCode: number;
  }[];
}

const POLL_MS = 100;
const REQUEST_TIMEOUT_MS = 1_000;

/** Source time of the newest sample of each signal that counts, as the API tells it; `undefined` while it does not answer. */
export async function latestTimes(url: string): Promise<Map<string, string> | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/latest?limit=1000`, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const { items } = (await response.json()) as Latest;
    // Machines with physics hold values for minutes: those that count prove the path.
    const counting = items.filter(({ signal }) => signal.includes('/load-'));
    const good = counting.filter(({ statusCode }) => statusCode === 0);
    return new Map(good.map(({ signal, sourceTimestamp }) => [signal, sourceTimestamp]));
  } catch {
    return undefined;
  }
}

/**
 * Waits until every one of `signals` has got two new values, one after the other. Answers the ms that took, and the signals that
 * have not, when `boundMs` is over.
 */
export async function untilFresh(
  url: string,
  signals: readonly string[],
  boundMs: number,
): Promise<{ readonly tookMs: number; readonly silent: readonly string[] }> {
  const startedMs = performance.now();
  const seen = new Map<string, Set<string>>(signals.map((signal) => [signal, new Set<string>()]));
  const tookMs = (): number => performance.now() - startedMs;
  for (;;) {
    const times = await latestTimes(url);
    for (const [signal, values] of seen) {
      const time = times?.get(signal);
      if (time !== undefined) values.add(time);
    }
    const silent = signals.filter((signal) => (seen.get(signal)?.size ?? 0) < 3);
    if (silent.length === 0 || tookMs() > boundMs) return { tookMs: tookMs(), silent };
    await delay(POLL_MS);
  }
}

/** Waits until `holds` says true; false when `boundMs` is over. */
export async function until(holds: () => boolean | Promise<boolean>, boundMs: number): Promise<boolean> {
  const endMs = performance.now() + boundMs;
  while (!(await holds())) {
    if (performance.now() > endMs) return false;
    await delay(POLL_MS);
  }
  return true;
}

import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 250;
const REQUEST_TIMEOUT_MS = 2_000;

async function hasValue(apiUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}api/v1/latest`, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) return false;
    const { items } = (await response.json()) as { items?: readonly { value?: unknown }[] };
    return (items ?? []).some(({ value }) => value !== null && value !== undefined);
  } catch {
    return false;
  }
}

/** Resolves to true when the API shows the first measured value, to false when it does not within the bound. */
export async function awaitFirstValue(
  apiUrl: string,
  signal: AbortSignal,
  boundMs: number,
): Promise<boolean> {
  const endMs = performance.now() + boundMs;
  while (!signal.aborted && performance.now() < endMs) {
    if (await hasValue(apiUrl)) return true;
    await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

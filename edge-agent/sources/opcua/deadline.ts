import { UaFailure } from './failure.ts';

/**
 * `work`, or a failure after `timeoutMs`. What `work` answers later is dropped: a client whose server went away
 * may never answer (its shutdown calls neither).
 */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new UaFailure(
          'retry',
          'TIMEOUT',
          `${what} took longer than ${timeoutMs} ms`,
          'The server or the network is slow or stuck',
        ),
      );
    }, timeoutMs);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits; ends early (without an error) when `signal` is aborted. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end, { once: true });
  });
}

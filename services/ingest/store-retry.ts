import { RejectedError, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';

const FIRST_MS = 250;
const LAST_MS = 10_000;

/** Calls to the store that must succeed before an agent's next message is looked at: tried until they do. */
export class StoreRetry {
  readonly #log: Logger;
  readonly #stopped = new AbortController();
  #failing = 0;
  #problem: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  get problem(): string | undefined {
    return this.#failing > 0 ? this.#problem : undefined;
  }

  /** `undefined` only when stopped meanwhile. @throws RejectedError: the same call would be refused again */
  async until<T>(call: () => Promise<T>): Promise<T | undefined> {
    for (let pauseMs = FIRST_MS; !this.#stopped.signal.aborted; pauseMs = Math.min(pauseMs * 2, LAST_MS)) {
      try {
        return await call();
      } catch (error) {
        if (error instanceof RejectedError) throw error;
        this.#problem = messageOf(error);
        if (pauseMs === FIRST_MS)
          this.#log.error({ problem: this.#problem }, 'the historian does not answer; trying again');
      }
      this.#failing += 1;
      await this.#pause(pauseMs);
      this.#failing -= 1;
    }
    return undefined;
  }

  stop(): void {
    this.#stopped.abort();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#stopped.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stopped.signal.addEventListener('abort', done);
    });
  }
}

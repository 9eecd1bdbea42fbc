/** A second request within this time is the same one: npm, the shell and the launcher all pass signals on. */
const SAME_REQUEST_MS = 1_000;
const HOUR_MS = 3_600_000;

/** The user's wish to end: once in order, twice by force. */
export class StopSignal {
  readonly #abort = new AbortController();
  readonly #requested = Promise.withResolvers<undefined>();
  readonly #forced = Promise.withResolvers<undefined>();
  #firstMs: number | undefined;
  /** Signal handlers alone do not keep a process alive, and there may be no child that does. */
  readonly #keepAlive = setInterval(() => undefined, HOUR_MS);

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        this.#take();
      });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when the user first asks. */
  get requested(): Promise<undefined> {
    return this.#requested.promise;
  }

  /** Waits for work, or for the request to stop, whichever is first. */
  async during(work: Promise<void>): Promise<void> {
    work.catch(() => undefined); // after the request its failure is no news
    await Promise.race([work, this.#requested.promise]);
  }

  /** Waits for an orderly end; a second request makes it a forced one. */
  async orForced(orderly: Promise<void>, force: () => Promise<void>): Promise<void> {
    const forced = this.#forced.promise.then(force);
    forced.catch(() => undefined);
    await Promise.race([orderly, forced]);
  }

  /** Lets the process end. */
  release(): void {
    clearInterval(this.#keepAlive);
  }

  #take(): void {
    const nowMs = performance.now();
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      this.#abort.abort();
      this.#requested.resolve(undefined);
    } else if (nowMs - this.#firstMs > SAME_REQUEST_MS) {
      this.#forced.resolve(undefined);
    }
  }
}

/** Delayed and repeated work of one connection that ends with it; an error of any ends up in one place. */
export class Timers {
  readonly #onError: (error: unknown) => void;
  readonly #pending = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  later(delayMs: number, work: () => Promise<void>): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      work().catch((error: unknown) => {
        if (!this.#closed) this.#onError(error);
      });
    }, delayMs);
    this.#pending.add(timer);
  }

  /** The next interval begins when the work is done. */
  every(intervalMs: number, work: () => Promise<void>): void {
    this.later(intervalMs, async () => {
      await work();
      this.every(intervalMs, work);
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}

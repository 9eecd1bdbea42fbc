/** Wakes one loop: what is raised while nobody waits is not forgotten. */
export class Signal {
  #isRaised = false;
  #wake: (() => void) | undefined;

  raise(): void {
    this.#isRaised = true;
    this.#wake?.();
  }

  lower(): void {
    this.#isRaised = false;
  }

  /** Until it is raised (or was, since it was lowered), or for `timeoutMs`. */
  wait(timeoutMs?: number): Promise<void> {
    if (this.#isRaised) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.raise(), timeoutMs);
      this.#wake = () => {
        this.#wake = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

import { OverloadError } from '#platform/errors.ts';

/** Bounds how many historian queries run and wait at once: beyond it a caller is told to come again. */
export class QueryGate {
  readonly #maxActive: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(maxActive: number, maxWaiting: number) {
    this.#maxActive = maxActive;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws OverloadError when too many wait already. */
  async run<Answer>(query: () => Promise<Answer>): Promise<Answer> {
    const release = await this.enter();
    try {
      return await query();
    } finally {
      release();
    }
  }

  /** Takes a place until the answered function is called. @throws OverloadError */
  async enter(): Promise<() => void> {
    if (this.#active < this.#maxActive) this.#active += 1;
    else {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new OverloadError(
          'API_BUSY',
          'Too many historian queries wait already; try again in a second.',
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#active -= 1;
    };
  }
}

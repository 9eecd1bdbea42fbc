const WINDOW_MS = 10_000;
const LINES_PER_WINDOW = 10;

/** Lets a bounded number of lines through per time window and counts the others. */
export class EchoLimit {
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #shown = 0;
  #hidden = 0;

  /** @returns whether to show the line, and how many were hidden before it */
  admit(nowMs: number): { show: boolean; hidden: number } {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      const hidden = this.#hidden;
      this.#windowStartMs = nowMs;
      this.#shown = 1;
      this.#hidden = 0;
      return { show: true, hidden };
    }
    if (this.#shown < LINES_PER_WINDOW) {
      this.#shown += 1;
      return { show: true, hidden: 0 };
    }
    this.#hidden += 1;
    return { show: false, hidden: 0 };
  }
}

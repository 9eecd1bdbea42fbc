/** What the supervisor tells people: plain lines with the seconds since its start. */
export class Terminal {
  readonly #write: (text: string) => void;
  readonly #nowMs: () => number;

  constructor(write: (text: string) => void, nowMs: () => number = () => performance.now()) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** `   3.2 s  broker is up` */
  progress(text: string): void {
    const seconds = (this.#nowMs() / 1000).toFixed(1);
    this.#write(`${seconds.padStart(6)} s  ${text}\n`);
  }

  plain(text: string): void {
    this.#write(`${text}\n`);
  }
}

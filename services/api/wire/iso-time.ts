import { NS_PER_S, nsToIso, type TimeNs } from '#domain/time.ts';

const NANOSECOND_DIGITS = 9;

/**
 * Writes many times that lie close together: the text of a second is made once. Same text as `nsToIso`.
 */
export class IsoTimeWriter {
  #second = 0n;
  #prefix = '';

  write(timeNs: TimeNs): string {
    if (timeNs < 0n) return nsToIso(timeNs);
    const second = timeNs / NS_PER_S;
    if (second !== this.#second || this.#prefix === '') {
      this.#second = second;
      this.#prefix = new Date(Number(second) * 1_000).toISOString().slice(0, 20);
    }
    const fraction = Number(timeNs - second * NS_PER_S);
    if (fraction % 1_000_000 === 0) {
      return `${this.#prefix}${String(fraction / 1_000_000).padStart(3, '0')}Z`;
    }
    const digits = String(fraction).padStart(NANOSECOND_DIGITS, '0').replace(/0+$/, '');
    return `${this.#prefix}${digits}Z`;
  }
}

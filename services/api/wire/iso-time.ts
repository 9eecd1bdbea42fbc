import { belowMsAt, nsToIso, timeMsAt, type TimeNs } from '#domain/time.ts';

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

/**
 * Writes many times that lie close together: the text of a day is made once, the rest is arithmetic. Same text as
 * `nsToIso`.
 */
export class IsoTimeWriter {
  readonly #time = new BigInt64Array(1);
  readonly #words = new Uint32Array(this.#time.buffer);
  #dayMs = Number.NaN;
  #dayText = '';

  write(timeNs: TimeNs): string {
    if (timeNs < 0n) return nsToIso(timeNs);
    this.#time[0] = timeNs;
    const ms = timeMsAt(this.#words, 0);
    const belowMsNs = belowMsAt(this.#words, 0);
    const inDay = ms % DAY_MS;
    if (ms - inDay !== this.#dayMs) {
      this.#dayMs = ms - inDay;
      this.#dayText = new Date(this.#dayMs).toISOString().slice(0, 11);
    }
    const seconds = Math.floor(inDay / 1_000);
    const minutes = Math.floor(seconds / 60);
    const clock = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}`;
    const fraction = String(1_000 + (inDay % 1_000)).slice(1);
    const below =
      belowMsNs === 0
        ? ''
        : String(1_000_000 + belowMsNs)
            .slice(1)
            .replace(/0+$/, '');
    return `${this.#dayText}${clock}.${fraction}${below}Z`;
  }
}

import { formatClock, formatDateTime } from '../i18n/format.ts';

const MINUTES_ENOUGH_MS = 7_200_000;
const DATE_NEEDED_MS = 86_400_000 * 1.5;

/** A time on an axis: seconds where they matter, the date where the clock alone says too little. */
export function timeLabel(timeMs: number, spanMs: number): string {
  if (spanMs > DATE_NEEDED_MS) return formatDateTime(timeMs).replace(/:\d\d$/, '');
  return spanMs > MINUTES_ENOUGH_MS ? formatClock(timeMs).slice(0, 5) : formatClock(timeMs);
}

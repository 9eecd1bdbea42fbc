import { formatClock, formatDateTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';

const MINUTES_ENOUGH_MS = 7_200_000;
const DATE_NEEDED_MS = 86_400_000 * 1.5;

/** A time on an axis: seconds where they matter, the date where the clock alone says too little. */
export function timeLabel(timeMs: number, spanMs: number): string {
  if (spanMs > DATE_NEEDED_MS) return formatDateTime(timeMs).replace(/:\d\d$/, '');
  return spanMs > MINUTES_ENOUGH_MS ? formatClock(timeMs).slice(0, 5) : formatClock(timeMs);
}

/** What stands where nothing is drawn yet; without a time nothing is known of the whole window. */
export const beginningText = (timeMs: number | undefined, spanMs: number): string =>
  timeMs === undefined ? t('trend.noData') : t('trend.begins', { time: timeLabel(timeMs, spanMs) });

import type { JSX } from 'preact';
import { severityOf } from '../../services/shared/domain/status-code.ts';
import type { LiveValue } from '../../services/shared/contracts/live.ts';
import type { Core } from '../app/core.ts';
import { useCore, useReading, writeText } from '../app/core-context.ts';
import type { SignalInfo } from '../api/model.ts';
import { NO_VALUE, formatClock, formatReading, unitOf } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { openPassport } from './passport-state.ts';
import { setAttribute } from '../live-core/binders.ts';
import type { Reading } from '../live-core/binders.ts';

/** A live value with its unit and quality; marked by hatch and "?" where it is not good. Pressed, it shows its way. */
export function Value({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const core = useCore();
  const unit = unitOf(signal);
  const ref = useReading<HTMLButtonElement>(signal.id, (element, reading) =>
    writeReading(core, element, signal, reading),
  );
  return (
    <button
      type="button"
      class="value"
      data-signal={signal.id}
      data-empty=""
      aria-haspopup="dialog"
      ref={ref}
      onClick={() => openPassport(signal)}
    >
      <span class="number">{NO_VALUE}</span>
      <span class="unit">{unit}</span>
    </button>
  );
}

function writeReading(core: Core, element: Element, signal: SignalInfo, reading: Reading): void {
  const severity = severityOf(reading.statusCode);
  const isMissing = reading.value === null && severity === 'bad';
  const good = isMissing ? lastGood(core, signal.id) : undefined;
  const { text, unit } = formatReading(signal, good ? good.value : reading.value);
  const [number, unitElement] = element.children;
  if (number) writeText(number, text);
  if (unitElement) writeText(unitElement, unit);
  setAttribute(element, 'data-quality', severity === 'good' ? undefined : severity);
  setAttribute(element, 'data-empty', text === NO_VALUE ? '' : undefined);
  const titles = [
    good && t('value.lastGood', { time: formatClock(good.timeMs) }),
    severity === 'good' ? undefined : qualityTitle(severity, reading.statusCode),
  ].filter((part) => part !== undefined);
  setAttribute(element, 'title', titles.length > 0 ? titles.join(' · ') : t('passport.open'));
}

/** What was known last of a value that is not known now: of this page's time, else of the last ten minutes. */
function lastGood({ store, sparks }: Core, signal: string): { value: LiveValue; timeMs: number } | undefined {
  const slot = store.slotOf(signal);
  const value = store.goodValues[slot];
  if (value !== undefined) return { value, timeMs: store.goodTimes.get(slot) ?? NaN };
  return sparks.newestGood(signal);
}

const qualityTitle = (severity: 'uncertain' | 'bad', statusCode: number): string =>
  `${t(severity === 'bad' ? 'quality.bad' : 'quality.uncertain')} · 0x${(statusCode >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;

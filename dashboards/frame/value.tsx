import type { JSX } from 'preact';
import { severityOf } from '../../services/shared/domain/status-code.ts';
import { useReading, writeText } from '../app/core-context.ts';
import type { SignalInfo } from '../api/model.ts';
import { NO_VALUE, formatValue, unitOf } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { setAttribute } from '../live-core/binders.ts';
import type { Reading } from '../live-core/binders.ts';

/** A live value with its unit and quality; marked by hatch and "?" where it is not good. */
export function Value({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const unit = unitOf(signal);
  const ref = useReading<HTMLSpanElement>(signal.id, (element, reading) =>
    writeReading(element, signal, reading),
  );
  return (
    <span class="value" data-signal={signal.id} ref={ref}>
      <span class="number">{NO_VALUE}</span>
      <span class="unit">{unit}</span>
    </span>
  );
}

function writeReading(element: Element, signal: SignalInfo, { value, statusCode }: Reading): void {
  const severity = severityOf(statusCode);
  const number = element.firstElementChild;
  if (number) writeText(number, formatValue(signal, value));
  setAttribute(element, 'data-quality', severity === 'good' ? undefined : severity);
  setAttribute(element, 'title', severity === 'good' ? undefined : qualityTitle(severity, statusCode));
}

const qualityTitle = (severity: 'uncertain' | 'bad', statusCode: number): string =>
  `${t(severity === 'bad' ? 'quality.bad' : 'quality.uncertain')} · 0x${(statusCode >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;

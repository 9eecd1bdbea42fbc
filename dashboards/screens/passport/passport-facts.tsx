import type { ComponentChildren, JSX } from 'preact';
import type { PassportView } from '#contracts/api/passport.ts';
import { isNumeric } from '../../api/model.ts';
import { formatBytes, formatCount, formatReading, largerUnit, NO_VALUE, unitOf } from '../../i18n/format.ts';
import { plural, t, unitSymbol } from '../../i18n/i18n.ts';

/** What it is: the value as it came and as it is shown, its status in full, and its names on the way. */
export function PassportFacts({ view }: { readonly view: PassportView }): JSX.Element {
  const { signal, status, record, timeSource } = view;
  const { text, unit } = formatReading(signal, signal.value);
  return (
    <dl class="facts">
      <Fact name={t('passport.shown')} class="shown">
        {text} {unit}
      </Fact>
      <Fact name={t('passport.raw')}>
        <code>{signal.value === null ? NO_VALUE : String(signal.value)}</code> {unitOf(signal)} (
        {signal.dataType}
        {signal.isArray ? '[]' : ''})
      </Fact>
      {isNumeric(signal) && <Fact name={t('passport.conversion')}>{conversionOf(view)}</Fact>}
      <Fact name={t('passport.status')}>
        {t(`quality.${status.severity}`)} · {status.name !== undefined && <code>{status.name}</code>}{' '}
        <code>{status.code}</code>
        {status.overflow && <> · {t('passport.overflow')}</>}
        {timeSource !== 'source' && <> · {t(`passport.timeBy.${timeSource}`)}</>}
      </Fact>
      <Fact name={t('passport.nodeId')}>
        <code>{signal.nodeId}</code>
      </Fact>
      {record && (
        <>
          <Fact name={t('pipeline.topic')}>
            <code>{record.topic}</code>
          </Fact>
          <Fact name={t('passport.record')}>
            {t('passport.recordOf', {
              sequence: formatCount(record.sequence),
              index: formatCount(record.index + 1),
            })}{' '}
            · {t('pipeline.epoch')} {formatCount(record.epochNumber)} <code>{record.epoch}</code>
          </Fact>
          <Fact name={t('passport.payload')}>
            {record.payloadBytes === null || record.samples === null
              ? t('passport.notMeasured')
              : `${formatBytes(record.payloadBytes)}, ${plural('count.samples', record.samples, formatCount(record.samples))}`}
          </Fact>
        </>
      )}
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

function Fact({ name, class: class_, children }: FactProps): JSX.Element {
  return (
    <div class={class_}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** `Wh × 0.001 = kWh`, where another unit is shown than the one that came. */
function conversionOf({ signal }: PassportView): string {
  const number = typeof signal.value === 'string' && signal.unit ? Number(signal.value) : signal.value;
  const larger = typeof number === 'number' ? largerUnit(signal, number) : undefined;
  if (!larger) return t('passport.noConversion');
  const factor = larger.factor < 1 ? `÷ ${formatCount(Math.round(1 / larger.factor))}` : `× ${larger.factor}`;
  return `${unitOf(signal)} ${factor} = ${unitSymbol(larger.code, larger.symbol)}`;
}

import type { JSX } from 'preact';
import type { QualityView, SignalQuality } from '#contracts/api/quality.ts';
import { useCore } from '../../app/core-context.ts';
import { linkTo } from '../../app/router.ts';
import { formatAge, formatCount, formatPercent, NO_VALUE } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { SHARES, sharesOf, worstFirst } from './machine-quality.ts';
import { ShareBar } from './share-bar.tsx';

export interface MachineTableProps {
  readonly view: QualityView;
  /** Of the machine. */
  readonly name: string;
  /** Name of a signal by its id. */
  readonly nameOf: (id: string) => string;
}

/** Every signal of a machine, those that need a look first. */
export function SignalTable({ view, name, nameOf }: MachineTableProps): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('quality.details', { name })}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('explore.signal')}</th>
            <th scope="col">
              <span class="visually-hidden">{t('trend.quality')}</span>
            </th>
            {SHARES.map((share) => (
              <th scope="col" class="num" key={share}>
                {t(`quality.share.${share}`)}
              </th>
            ))}
            <th scope="col" class="num">
              {t('trend.count')}
            </th>
            <th scope="col" class="num">
              {t('quality.age')}
            </th>
            <th scope="col">{t('state.label')}</th>
          </tr>
        </thead>
        <tbody>
          {worstFirst(view.items).map((item) => (
            <Row key={item.signal} item={item} name={nameOf(item.signal)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ item, name }: { readonly item: SignalQuality; readonly name: string }): JSX.Element {
  const { serverClock } = useCore().store;
  const shares = sharesOf(item);
  return (
    <tr data-signal={item.signal} data-condition={item.condition}>
      <th scope="row">
        <a href={linkTo({ screen: 'explore', signals: [item.signal] })} title={item.signal}>
          {name}
        </a>
      </th>
      <td>
        <ShareBar shares={shares} />
      </td>
      {SHARES.map((share) => (
        <td class="num" key={share} data-share={share}>
          {shares[share] === 0 ? NO_VALUE : formatPercent(shares[share])}
        </td>
      ))}
      <td class="num">{formatCount(item.samples)}</td>
      <td class="num">
        {item.lastSampleAt === null ? NO_VALUE : formatAge(serverClock.now() - Date.parse(item.lastSampleAt))}
      </td>
      <td>{t(`quality.condition.${item.condition}`)}</td>
    </tr>
  );
}

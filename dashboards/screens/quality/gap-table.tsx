import type { JSX } from 'preact';
import type { QualityView } from '#contracts/api/quality.ts';
import { formatAge, formatDateTime } from '../../i18n/format.ts';
import { t, word } from '../../i18n/i18n.ts';
import type { MachineTableProps } from './signal-table.tsx';

const SHOWN = 50;

/** What was not read, and why; newest first. */
export function GapTable({ view, name, nameOf }: MachineTableProps): JSX.Element {
  const gaps = view.gaps.slice(-SHOWN).toReversed();
  return (
    <>
      <h3>{t('quality.gaps')}</h3>
      {gaps.length === 0 ? (
        <p class="hint">{t('quality.gapsNone')}</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-label={`${t('quality.gaps')}: ${name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('quality.from')}</th>
                <th scope="col" class="num">
                  {t('quality.duration')}
                </th>
                <th scope="col">{t('quality.cause')}</th>
                <th scope="col">{t('explore.signal')}</th>
              </tr>
            </thead>
            <tbody>
              {gaps.map((gap, i) => (
                <tr key={`${gap.from} ${gap.signal ?? ''} ${i}`}>
                  <td>{formatDateTime(Date.parse(gap.from))}</td>
                  <td class="num">{formatAge(Date.parse(gap.to) - Date.parse(gap.from))}</td>
                  <td>{word(gap.cause)}</td>
                  <td>{whatOf(gap, nameOf)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function whatOf(
  { signal, machine }: QualityView['gaps'][number],
  nameOf: MachineTableProps['nameOf'],
): string {
  if (signal !== undefined) return nameOf(signal);
  return t(machine === undefined ? 'quality.everything' : 'quality.whole');
}

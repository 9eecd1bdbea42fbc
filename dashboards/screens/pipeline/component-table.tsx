import type { JSX } from 'preact';
import type { Health } from '../../api/model.ts';
import { formatCount } from '../../i18n/format.ts';
import { isTextKey, plural, t } from '../../i18n/i18n.ts';

type Component = Health['components'][number];

/** What each part of the centre says of itself, in the reader's words. */
export function ComponentTable({ health }: { readonly health: Health }): JSX.Element {
  return (
    <section class="panel components" aria-label={t('pipeline.components')}>
      <h2>{t('pipeline.components')}</h2>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.components')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('pipeline.component')}</th>
              <th scope="col">{t('pipeline.status')}</th>
              <th scope="col">{t('pipeline.detail')}</th>
            </tr>
          </thead>
          <tbody>
            {health.components.map((component) => (
              <tr key={component.name}>
                <th scope="row">{componentName(component.name)}</th>
                <td>
                  <span class="status" data-status={component.status}>
                    {t(`status.${component.status}`)}
                  </span>
                </td>
                <td class="text">{componentText(component)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function componentName(name: string): string {
  const agent = /^edge-agent (.+)$/.exec(name)?.[1];
  if (agent !== undefined) return t('component.agent', { name: agent });
  const key = `component.${name.replaceAll(' ', '-')}`;
  return isTextKey(key) ? t(key) : name;
}

/** The text of its code; what has none (a fault in a library's own words) as it came. */
function componentText({ name, status, detail, code, values = {} }: Component): string {
  if (name === 'broker') return t(status === 'ok' ? 'pipeline.online' : 'pipeline.offline');
  if (name === 'audit' && status === 'ok') return t('component.auditOk');
  if (code === undefined) return detail ?? '';
  return t(
    `health.${code}`,
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, counted(key, value)])),
  );
}

function counted(key: string, value: number | string): string {
  if (typeof value === 'string') return value;
  const shown = formatCount(value);
  if (key === 'samples') return plural('count.samples', value, shown);
  if (key === 'records') return plural('count.records', value, shown);
  if (key === 'days') return plural('count.days', value, shown);
  return shown;
}

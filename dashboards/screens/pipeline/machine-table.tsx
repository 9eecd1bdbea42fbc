import type { JSX } from 'preact';
import type { MachineInfo } from '../../api/model.ts';
import { linkTo } from '../../app/router.ts';
import { useCore } from '../../app/core-context.ts';
import { ProvenanceTag, machineLinkText } from '../../frame/machine-marks.tsx';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { localized, t } from '../../i18n/i18n.ts';
import type { StageStatus } from './stages.ts';

/** Every machine's path as its edge agent sees it. */
export function MachineTable({ machines }: { readonly machines: readonly MachineInfo[] }): JSX.Element {
  const { store } = useCore();
  const now = store.serverClock.now();
  return (
    <section class="panel machines" aria-label={t('pipeline.machines')}>
      <h2>{t('pipeline.machines')}</h2>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.machines')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('pipeline.machine')}</th>
              <th scope="col">{t('link.label')}</th>
              <th scope="col">{t('provenance.label')}</th>
              <th scope="col">{t('machine.agent')}</th>
              <th scope="col" class="num">
                {t('machine.signals')}
              </th>
              <th scope="col" class="num">
                {t('pipeline.newest')}
              </th>
            </tr>
          </thead>
          <tbody>
            {machines.map((machine) => (
              <Row key={machine.id} machine={machine} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ machine, now }: { readonly machine: MachineInfo; readonly now: number }): JSX.Element {
  const status: StageStatus = machine.connected && !machine.stale ? 'ok' : 'down';
  const [site = '', id = ''] = machine.id.split('/');
  return (
    <tr>
      <th scope="row">
        <a href={linkTo({ screen: 'machine', machine: `${site}/${id}` })}>{localized(machine.name)}</a>
      </th>
      <td>
        <span class="status" data-status={status} title={machine.detail}>
          {machineLinkText(machine)}
        </span>
      </td>
      <td>
        <ProvenanceTag machine={machine} />
      </td>
      <td>{machine.edgeAgent ?? '–'}</td>
      <td class="num">{formatCount(machine.signals)}</td>
      <td class="num">
        {machine.lastSampleAt === null ? '–' : formatAge(now - Date.parse(machine.lastSampleAt))}
      </td>
    </tr>
  );
}

import type { JSX } from 'preact';
import type { MachineInfo, PipelineView } from '../../api/model.ts';
import { linkTo } from '../../app/router.ts';
import { useCore } from '../../app/core-context.ts';
import { AgentWords } from '../../frame/agent-words.tsx';
import { ProvenanceTag, machineLinkText } from '../../frame/machine-marks.tsx';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { localized, t } from '../../i18n/i18n.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { notReadText } from './account.tsx';
import type { StageStatus } from './stages.ts';

export interface MachineTableProps {
  readonly machines: readonly MachineInfo[];
  readonly pipeline: PipelineView;
}

const NUMBER_COLUMNS = [
  'machine.signals',
  'pipeline.failedItems',
  'pipeline.lifeSign',
  'pipeline.newest',
] as const satisfies readonly TextKey[];

/** Every machine's session as its edge agent sees it, and what of the machine was not read. */
export function MachineTable({ machines, pipeline }: MachineTableProps): JSX.Element {
  const { store } = useCore();
  const now = store.serverClock.now();
  const inUse = machines.filter(({ retired }) => !retired);
  const retired = machines.filter((machine) => machine.retired);
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
              <th scope="col">{t('pipeline.agent')}</th>
              {NUMBER_COLUMNS.map((key) => (
                <th scope="col" class="num" key={key}>
                  {t(key)}
                </th>
              ))}
              <th scope="col">{t('pipeline.notRead')}</th>
            </tr>
          </thead>
          <tbody>
            {inUse.map((machine) => (
              <Row key={machine.id} machine={machine} now={now} pipeline={pipeline} />
            ))}
          </tbody>
        </table>
      </div>
      {retired.length > 0 && (
        <p class="hint retired">
          {t('overview.retired', { names: '' })}
          {retired.map((machine, i) => (
            <span key={machine.id}>
              {i > 0 && ', '}
              <MachineLink machine={machine} />
            </span>
          ))}
        </p>
      )}
    </section>
  );
}

interface RowProps {
  readonly machine: MachineInfo;
  readonly now: number;
  readonly pipeline: PipelineView;
}

function Row({ machine, now, pipeline }: RowProps): JSX.Element {
  const status: StageStatus = machine.connected && !machine.stale ? 'ok' : 'down';
  const session = pipeline.agents
    .find(({ agent }) => agent === machine.edgeAgent)
    ?.health?.machines.find(({ id }) => machine.id.endsWith(`/${id}`));
  return (
    <tr>
      <th scope="row">
        <MachineLink machine={machine} />
      </th>
      <td>
        <span class="status" data-status={status}>
          {machineLinkText(machine)}
        </span>
        {machine.state !== 'online' && machine.detail !== undefined && <AgentWords machine={machine} />}
      </td>
      <td>
        <ProvenanceTag machine={machine} />
      </td>
      <td>{machine.edgeAgent?.split('/')[1] ?? '–'}</td>
      <td class="num">{formatCount(machine.signals)}</td>
      <td class="num">{session ? formatCount(session.failedItems) : '–'}</td>
      <td class="num">{session?.aliveMs === undefined ? '–' : formatAge(session.aliveMs)}</td>
      <td class="num">
        {machine.lastSampleAt === null ? '–' : formatAge(now - Date.parse(machine.lastSampleAt))}
      </td>
      <td>{notReadText(pipeline.notRead.byMachine[machine.id] ?? { gaps: 0, totalMs: 0 })}</td>
    </tr>
  );
}

function MachineLink({ machine }: { readonly machine: MachineInfo }): JSX.Element {
  const [site = '', id = ''] = machine.id.split('/');
  return <a href={linkTo({ screen: 'machine', machine: `${site}/${id}` })}>{localized(machine.name)}</a>;
}

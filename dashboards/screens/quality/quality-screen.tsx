import type { JSX } from 'preact';
import type { QualityView } from '#contracts/api/quality.ts';
import type { MachineInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { RANGE_MS } from '../../app/route.ts';
import { choices, linkTo } from '../../app/router.ts';
import { RangeChoice } from '../../frame/range-choice.tsx';
import { LoadMessage } from '../../frame/load-message.tsx';
import { formatAge, formatClock, formatCount, formatPercent } from '../../i18n/format.ts';
import { localized, t } from '../../i18n/i18n.ts';
import { GapTable } from './gap-table.tsx';
import { meanShares, suspectsOf } from './machine-quality.ts';
import './quality.css';
import { ShareBar, ShareLegend } from './share-bar.tsx';
import { SignalTable } from './signal-table.tsx';
import { useSignalNames } from './use-signal-names.ts';
import { useQuality } from './use-quality.ts';

/** How much of the chosen time the values were good, machine by machine, and which signals keep silent or stand still. */
export function QualityScreen(): JSX.Element {
  const machines = useCore().plant.machines.value;
  if (machines.kind !== 'ready') return <LoadMessage state={machines} />;
  return <Quality machines={machines.value.filter(({ retired }) => !retired)} />;
}

function Quality({ machines }: { readonly machines: readonly MachineInfo[] }): JSX.Element {
  const range = choices.value.range ?? '1h';
  const { views, problem } = useQuality(
    machines.map(({ id }) => id),
    RANGE_MS[range],
  );
  const [first] = views.values();
  return (
    <div class="quality">
      <header class="trends-head">
        <p class="hint">{first && t('quality.explain', { age: formatAge(first.sliceMs) })}</p>
        <RangeChoice range={range} />
      </header>
      <ShareLegend />
      {problem !== undefined && (
        <p class="panel message" role="alert">
          {t('error.load', { reason: problem })} {t('error.retrying')}
        </p>
      )}
      {machines.map((machine) => (
        <Machine key={machine.id} machine={machine} view={views.get(machine.id)} />
      ))}
    </div>
  );
}

interface MachineProps {
  readonly machine: MachineInfo;
  readonly view: QualityView | undefined;
}

function Machine({ machine, view }: MachineProps): JSX.Element {
  const name = localized(machine.name);
  const nameOf = useSignalNames(machine.id);
  const [site = '', id = ''] = machine.id.split('/');
  return (
    <section class="panel machine-quality" data-machine={machine.id} aria-label={name}>
      <div class="head">
        <h2>
          <a href={linkTo({ screen: 'machine', machine: `${site}/${id}` })}>{name}</a>
          {view && view.knownSince !== null && (
            <span class="since">
              {t('quality.since', { time: formatClock(Date.parse(view.knownSince)) })}
            </span>
          )}
        </h2>
        {view ? <Figures view={view} /> : <p role="status">{t('link.open')}</p>}
      </div>
      {view && (
        <details>
          <summary>{t('quality.details', { name })}</summary>
          <SignalTable view={view} name={name} nameOf={nameOf} />
          <GapTable view={view} name={name} nameOf={nameOf} />
        </details>
      )}
    </section>
  );
}

function Figures({ view }: { readonly view: QualityView }): JSX.Element {
  const shares = meanShares(view.items);
  const suspects = suspectsOf(view).length;
  return (
    <>
      <ShareBar shares={shares} />
      <dl>
        <div>
          <dt>{t('quality.share.good')}</dt>
          <dd data-figure="good">{formatPercent(shares.good)}</dd>
        </div>
        <div data-notable={suspects > 0 ? '' : undefined}>
          <dt>{t('quality.suspects')}</dt>
          <dd>{formatCount(suspects)}</dd>
        </div>
        <div data-notable={view.gaps.length > 0 ? '' : undefined}>
          <dt>{t('quality.gaps')}</dt>
          <dd>{formatCount(view.gaps.length)}</dd>
        </div>
      </dl>
    </>
  );
}

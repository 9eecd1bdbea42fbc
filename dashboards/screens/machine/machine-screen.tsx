import type { JSX } from 'preact';
import { useCore, useSubscription } from '../../app/core-context.ts';
import { lazyScreen } from '../../app/lazy-screen.tsx';
import { choices, choose, linkTo } from '../../app/router.ts';
import type { RangeName } from '../../app/route.ts';
import { isNumeric } from '../../api/model.ts';
import type { MachineInfo, SignalInfo } from '../../api/model.ts';
import { Trend } from '../../charts/trend.tsx';
import { KindIcon } from '../../frame/icons.tsx';
import { LoadMessage } from '../../frame/load-message.tsx';
import { RangeChoice } from '../../frame/range-choice.tsx';
import { AgentWords } from '../../frame/agent-words.tsx';
import { LinkLine, ProvenanceTag, StateMark, useStale } from '../../frame/machine-marks.tsx';
import { formatCount } from '../../i18n/format.ts';
import { isTextKey, plural, t, word } from '../../i18n/i18n.ts';
import { keySignals } from '../../machines/key-signals.ts';
import { findStateSignal } from '../../machines/machine-state.ts';
import { placeOf } from '../overview/machine-tile.tsx';
import { MachineAlarms } from './machine-alarms.tsx';
import { SignalGroups } from './signal-groups.tsx';
import { drawnKind } from './synoptic/drawn-kinds.ts';

const PackMlDiagram = lazyScreen(async () => (await import('./packml-diagram.tsx')).PackMlDiagram);
const Synoptic = lazyScreen(async () => (await import('./synoptic/synoptic.tsx')).Synoptic);
/** PackTags of ISA-TR88.00.02. */
const PACKML_STATE = /(^|\/)Status\/StateCurrent$/;
const DEFAULT_TRENDS = 4;
const MAX_TRENDS = 8;

/** Level 3: one machine, whatever its kind: all it says, by place, with the trends that matter. */
export function MachineScreen({ machine: id }: { readonly machine: string }): JSX.Element {
  const { plant } = useCore();
  const machines = plant.machines.value;
  const signals = plant.signalsOf(id).value;
  if (machines.kind !== 'ready') return <LoadMessage state={machines} />;
  const machine = machines.value.find((each) => each.id === id);
  if (!machine)
    return (
      <div class="message panel">
        <h2>{t('machine.unknown')}</h2>
        <p>{t('machine.unknownText', { id })}</p>
        <p>
          <a href={linkTo({ screen: 'overview' })}>{t('nav.back')}</a>
        </p>
      </div>
    );
  if (signals.kind !== 'ready') return <LoadMessage state={signals} />;
  return <MachinePage machine={machine} signals={signals.value} />;
}

interface PageProps {
  readonly machine: MachineInfo;
  readonly signals: readonly SignalInfo[];
}

function MachinePage({ machine, signals }: PageProps): JSX.Element {
  const stale = useStale(machine.id);
  const chosen = choices.value.trends;
  const shown: readonly SignalInfo[] = chosen
    ? chosen.flatMap((path) => signals.find((signal) => signal.path === path && isDrawable(signal)) ?? [])
    : keySignals(machine.kind, signals, DEFAULT_TRENDS);
  const trended = new Set(shown.map((signal) => signal.id));
  useSubscription(trended.size > 0 ? { tags: [...trended], rate: 10, mode: 'minmax' } : undefined);
  const others = signals.filter((signal) => !trended.has(signal.id)).map((signal) => signal.id);
  useSubscription(others.length > 0 ? { tags: others, rate: 4, mode: 'last' } : undefined);
  const kind = drawnKind(machine.kind);
  const packml = signals.find(({ path }) => PACKML_STATE.test(path));
  const toggle = (signal: SignalInfo): void => {
    const paths = shown.map((each) => each.path);
    const next = trended.has(signal.id)
      ? paths.filter((path) => path !== signal.path)
      : [...paths, signal.path];
    choose({ trends: next.slice(-MAX_TRENDS) });
  };
  return (
    <div
      class="machine"
      data-machine={machine.id}
      data-stale={stale ? '' : undefined}
      data-provenance={machine.provenance}
    >
      {machine.retired && <p class="panel hint">{t('machine.retired')}</p>}
      <MachineHead machine={machine} signals={signals} />
      <PathProblem machine={machine} />
      <MachineAlarms machine={machine} />
      <div class="machine-body">
        <div class="machine-left">
          {kind && <Synoptic kind={kind} signals={signals} />}
          {packml && <PackMlDiagram signal={packml} />}
          <SignalGroups signals={signals} trended={trended} onToggle={toggle} />
        </div>
        <TrendColumn shown={shown} onClose={toggle} />
      </div>
    </div>
  );
}

const isDrawable = (signal: SignalInfo): boolean =>
  isNumeric(signal) || signal.dataType === 'Boolean' || signal.dataType === 'Enumeration';

function MachineHead({ machine, signals }: PageProps): JSX.Element {
  const kind = `kind.${machine.kind}`;
  const state = findStateSignal(signals);
  return (
    <header class="machine-head panel">
      <KindIcon kind={machine.kind} />
      <StateMark signal={state} />
      <dl>
        <div>
          <dt>{t('machine.kind')}</dt>
          <dd>{isTextKey(kind) ? t(kind) : word(machine.kind)}</dd>
        </div>
        <div>
          <dt>{t('machine.place')}</dt>
          <dd>{placeOf(machine) || machine.assetPath.site}</dd>
        </div>
        {machine.edgeAgent !== undefined && (
          <div>
            <dt>{t('machine.agent')}</dt>
            <dd>{machine.edgeAgent}</dd>
          </div>
        )}
        <div>
          <dt>{t('machine.signals')}</dt>
          <dd>{plural('count.signals', signals.length, formatCount(signals.length))}</dd>
        </div>
      </dl>
      <span class="grow" />
      <LinkLine machine={machine} newest={signals.map((signal) => signal.id)} />
      <ProvenanceTag machine={machine} />
    </header>
  );
}

/** Why the machine is not read, and what to check. */
function PathProblem({ machine }: { readonly machine: MachineInfo }): JSX.Element | null {
  if (machine.state === 'online' || machine.detail === undefined) return null;
  return (
    <p class="panel path-problem" role="status">
      <strong>{t('machine.agentSays')}</strong> <AgentWords machine={machine} />
    </p>
  );
}

interface TrendColumnProps {
  readonly shown: readonly SignalInfo[];
  readonly onClose: (signal: SignalInfo) => void;
}

function TrendColumn({ shown, onClose }: TrendColumnProps): JSX.Element {
  const range: RangeName = choices.value.range ?? '10m';
  return (
    <section class="trends" aria-label={t('trend.title')}>
      <div class="trends-head">
        <h2>{t('trend.title')}</h2>
        <RangeChoice range={range} />
      </div>
      {shown.length === 0 && <p class="panel hint">{t('trend.none')}</p>}
      {shown.map((signal) => (
        <Trend key={signal.id} signal={signal} range={range} onClose={() => onClose(signal)} />
      ))}
    </section>
  );
}

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useCore, useSubscription } from '../../app/core-context.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import { t } from '../../i18n/i18n.ts';
import type { MachineInfo } from '../../api/model.ts';
import { findStateSignal } from '../../machines/machine-state.ts';
import { goodSignal, jobSignal, powerSignal } from '../../machines/wall-signals.ts';
import { AuditFoot } from './audit-foot.tsx';
import { FloorPlan } from './floor-plan.tsx';
import { WallFigures } from './wall-figures.tsx';
import { useStandings } from './machine-troubles.ts';
import type { WallMachine } from './machine-troubles.ts';
import './wall.css';

/** Level 1, S1: the whole plant from six metres away: where machines stand, what they do, what needs a person. */
export function WallScreen(): JSX.Element {
  const { plant } = useCore();
  const machines = plant.machines.value;
  if (machines.kind !== 'ready') return <LoadMessage state={machines} />;
  const inUse = machines.value.filter(({ retired }) => !retired);
  if (inUse.length === 0)
    return (
      <div class="message panel">
        <h2>{t('overview.empty')}</h2>
        <p>{t('overview.emptyText')}</p>
      </div>
    );
  return <Wall machines={inUse} />;
}

function Wall({ machines }: { readonly machines: readonly MachineInfo[] }): JSX.Element {
  const { plant } = useCore();
  const shown = machines.map((machine): WallMachine => {
    const loaded = plant.signalsOf(machine.id).value;
    const signals = loaded.kind === 'ready' ? loaded.value : [];
    return {
      machine,
      state: findStateSignal(signals),
      power: powerSignal(signals),
      good: goodSignal(signals),
      job: jobSignal(signals),
    };
  });
  const tags = shown.flatMap(({ state, power, good, job }) =>
    [state, power, good, job].flatMap((signal) => signal?.id ?? []),
  );
  useSubscription(tags.length > 0 ? { tags, rate: 2, mode: 'minmax' } : undefined);
  const standings = useStandings(shown);
  const { ref, aspect } = useAspect();
  return (
    <div class="wall">
      <div class="wall-plan" ref={ref}>
        <FloorPlan machines={shown} standings={standings} aspect={aspect} />
      </div>
      <WallFigures machines={shown} standings={standings} />
      <AuditFoot />
    </div>
  );
}

/** Width / height of the plan, in steps: a pixel more must not move the machines. */
function useAspect() {
  const ref = useRef<HTMLDivElement>(null);
  const [aspect, setAspect] = useState(1.2);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element;
      if (clientHeight > 0) setAspect(Math.round((clientWidth / clientHeight) * 10) / 10);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, aspect };
}

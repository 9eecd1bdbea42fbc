import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { severityOf } from '../../../services/shared/domain/status-code.ts';
import type { MachineInfo, SignalInfo } from '../../api/model.ts';
import { deadSince, useCore } from '../../app/core-context.ts';
import type { Core } from '../../app/core.ts';
import { readState } from '../../machines/machine-state.ts';
import type { StateClass } from '../../machines/machine-state.ts';
import { locale } from '../../i18n/i18n.ts';

export interface WallMachine {
  readonly machine: MachineInfo;
  readonly state: SignalInfo | undefined;
  readonly power: SignalInfo | undefined;
  readonly good: SignalInfo | undefined;
  readonly job: SignalInfo | undefined;
}

export interface Standing {
  readonly id: string;
  /** `silent`: nothing is heard of it. */
  readonly class: StateClass | 'silent';
  readonly text: string;
}

/** Worst first: what a person has to look after. */
const ORDER: readonly Standing['class'][] = ['silent', 'down', 'setup', 'off', 'idle', 'unknown', 'run'];
export const troubleOf = ({ class: state }: Standing): number => ORDER.indexOf(state);

/** How every machine stands, looked at once a second; a component runs only when one changed. */
export function useStandings(machines: readonly WallMachine[]): readonly Standing[] {
  const core = useCore();
  const standings = useSignal<readonly Standing[]>([]);
  const key = machines.map(({ machine }) => machine.id).join(' ');
  const language = locale.value;
  useEffect(() => {
    const look = (): void => {
      const next = machines.map((each) => standingOf(core, each));
      if (JSON.stringify(next) !== JSON.stringify(standings.peek())) standings.value = next;
    };
    look();
    return core.scheduler.everyText({ paint: look });
  }, [core, key, language, machines.filter(({ state }) => state).length]);
  return standings.value;
}

function standingOf(core: Core, { machine, state }: WallMachine): Standing {
  const { id } = machine;
  if (deadSince(core, id) !== undefined) return { id, class: 'silent', text: '' };
  const slot = state && core.store.slotOf(state.id);
  const isKnown = slot !== undefined && severityOf(core.store.status[slot] ?? 0) !== 'bad';
  const read = state && isKnown ? readState(state, core.store.values[slot]) : undefined;
  return { id, class: read?.class ?? 'unknown', text: read?.text ?? '' };
}

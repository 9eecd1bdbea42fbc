import type { JSX } from 'preact';
import type { MachineInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { AgentWords } from '../../frame/agent-words.tsx';
import { PriorityMark } from '../../frame/alarm-marks.tsx';
import { machineLinkText } from '../../frame/machine-marks.tsx';
import { MachineLink, Since } from './alarm-row.tsx';

/** What nobody hears cannot raise an alarm: high, as the alarms that may be hidden behind it. */
export const OUTAGE_PRIORITY = 2;

export const isOut = ({ retired, state }: MachineInfo): boolean =>
  !retired && (state === 'offline' || state === 'refused');

/** A machine that is not read: an alarm of the centre itself, which nobody acknowledges. */
export function OutageRow({ machine }: { readonly machine: MachineInfo }): JSX.Element {
  const { store } = useCore();
  const sinceMs = Date.parse(machine.lastAliveAt ?? machine.lastSampleAt ?? '');
  return (
    <li class="alarm outage" data-priority={OUTAGE_PRIORITY} data-machine={machine.id}>
      <PriorityMark priority={OUTAGE_PRIORITY} />
      <span class="alarm-what">
        <strong>
          <MachineLink id={machine.id} machine={machine} />
        </strong>
        <span class="alarm-where">
          <AgentWords machine={machine} />
        </span>
      </span>
      <span class="alarm-state">{machineLinkText(machine)}</span>
      {Number.isNaN(sinceMs) || !store.serverClock.measured ? <span /> : <Since timeMs={sinceMs} />}
    </li>
  );
}

import type { AddressSpace, Namespace, UAAlarmConditionEx, UAObject, UAVariable } from 'node-opcua';
import type { AlarmDefinition, AlarmTrigger } from '../model/alarm.ts';
import type { ProducedTick } from '../model/produced-tick.ts';
import type { SignalDefinition } from '../model/signal.ts';
import { coerceNodeId, StatusCodes } from 'node-opcua';
import { isActive } from '../model/alarm.ts';
import { forgetComment, tellWhoActed } from './condition-calls.ts';

/** A day: nobody shelves an alarm for longer. */
const MAX_SHELVED_MS = 86_400_000;
const OPTIONALS = ['ConfirmedState', 'Confirm', 'ShelvingState', 'ConditionClassId', 'ConditionClassName'];

/** What of a limit alarm's state machine is used here. */
interface LimitState {
  setState(state: 'High' | 'Low' | null): void;
}

interface Condition {
  readonly definition: AlarmDefinition;
  readonly node: UAAlarmConditionEx & { readonly limitState?: LimitState };
  isActive: boolean;
}

/**
 * A machine's alarms (OPC 10000-9, 5.8): acknowledge, confirm, shelve, ConditionRefresh. Where a limit is watched they are of
 * ExclusiveLevelAlarmType, a LimitAlarmType, and show it; else of AlarmConditionType. They follow the values that are written, since these do not pass through the library's own change events.
 */
export class MachineConditions {
  /** By position of the signal that decides. */
  readonly #bySignal: (Condition | undefined)[] = [];

  constructor(
    space: AddressSpace,
    machine: {
      readonly root: UAObject;
      readonly variables: readonly UAVariable[];
      readonly signals: readonly SignalDefinition[];
      readonly alarms: readonly AlarmDefinition[];
    },
  ) {
    const { root, variables, signals, alarms } = machine;
    if (alarms.length === 0) return;
    space.installAlarmsAndConditionsService();
    root.setEventNotifier(1);
    space.rootFolder.objects.server.addReference({ referenceType: 'HasEventSource', nodeId: root.nodeId });
    const folder = root.namespace.addObject({
      browseName: 'Alarms',
      nodeId: `s=${String(root.nodeId.value)}-Alarms`,
      // Beside the machine, not below it: what is below are its signals.
      organizedBy: space.rootFolder.objects,
    });
    for (const definition of alarms) {
      const position = signals.findIndex(({ path }) => path === definition.signal);
      const inputNode = variables[position];
      if (!inputNode) throw new Error(`the alarm ${definition.name} has no signal ${definition.signal}`);
      const node = instantiate(root.namespace as Namespace, definition.when, {
        browseName: definition.name,
        nodeId: coerceNodeId(
          `ns=${root.namespace.index};s=${String(folder.nodeId.value)}-${definition.name}`,
        ),
        componentOf: folder,
        conditionSource: root,
        conditionName: definition.name,
        inputNode,
        maxTimeShelved: MAX_SHELVED_MS,
        optionals: [...OPTIONALS],
      });
      // The library leaves a new state machine without a state, and then takes the alarm for shelved.
      node.shelvingState?.setState('Unshelved');
      const condition = { definition, node, isActive: false };
      // Its methods change the state machine alone: that it is shelved, or not any more, is news of the alarm (5.8.17).
      node.shelvingState?.currentState.id.on('value_changed', () => {
        if (condition.isActive || node.currentBranch().getRetain()) this.#tell(condition);
      });
      // The library retains nothing that is confirmed; an active condition stays of interest (OPC 10000-9, 5.5.2).
      node.on('confirmed', () => {
        if (condition.isActive) this.#tell(condition);
      });
      this.#bySignal[position] = condition;
    }
    tellWhoActed(
      space,
      this.#bySignal.flatMap((condition) => condition?.node ?? []),
    );
  }

  write({ signals, values }: ProducedTick): void {
    if (this.#bySignal.length === 0) return;
    for (let k = 0; k < signals.length; k += 1) {
      const condition = this.#bySignal[signals[k] ?? -1];
      const value = values[k];
      if (condition === undefined || value === null) continue;
      const active = isActive(condition.definition.when, value, condition.isActive);
      if (active !== condition.isActive) this.#change(condition, active);
    }
  }

  #change(condition: Condition, active: boolean): void {
    const { node } = condition;
    condition.isActive = active;
    node.limitState?.setState(active ? sideOf(condition.definition.when) : null);
    // One shot: shelved until it has gone (5.8.17.3).
    if (!active && node.shelvingState?.getCurrentState() === 'OneShotShelved')
      node.shelvingState.setState('Unshelved');
    if (active) {
      forgetComment(node);
      node.activateAlarm();
    } else
      node.deactivateAlarm(
        !node.currentBranch().getAckedState() || !node.currentBranch().getConfirmedState(),
      );
    this.#tell(condition);
  }

  #tell({ node, definition, isActive: active }: Condition): void {
    node.raiseNewCondition({
      message: definition.message.en,
      severity: definition.severity,
      quality: StatusCodes.Good,
      retain: active || node.currentBranch().getRetain(),
    });
  }
}

type LimitOptions = Parameters<Namespace['instantiateExclusiveLimitAlarm']>[1];
type AlarmOptions = Parameters<Namespace['instantiateAlarmCondition']>[1];

function instantiate(namespace: Namespace, when: AlarmTrigger, options: AlarmOptions): Condition['node'] {
  if (when === 'set') return namespace.instantiateAlarmCondition('AlarmConditionType', options);
  const limit = 'above' in when ? { highLimit: when.above } : { lowLimit: when.below };
  // Its types want both limits; an alarm has those that are given.
  const all = { ...options, ...limit } as LimitOptions;
  return namespace.instantiateExclusiveLimitAlarm('ExclusiveLevelAlarmType', all);
}

const sideOf = (when: AlarmTrigger): 'High' | 'Low' | null =>
  when === 'set' ? null : 'above' in when ? 'High' : 'Low';

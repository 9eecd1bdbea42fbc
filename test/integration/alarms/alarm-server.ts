/** Alarms on a real OPC UA server of the tests' own. */
import { coerceNodeId, StatusCodes, type UAAlarmConditionEx } from 'node-opcua';
import type { TestServer } from '../opcua-source/machine-server.ts';

export interface TestAlarm {
  readonly node: UAAlarmConditionEx;
  raise(message?: string): void;
  clear(): void;
}

/** An AlarmConditionType that can be acknowledged, confirmed and shelved. To be made while the server is built. */
export function addAlarm(test: TestServer, name: string, severity = 600): TestAlarm {
  const { space, root } = test;
  space.installAlarmsAndConditionsService();
  root.setEventNotifier(1);
  const { server } = space.rootFolder.objects;
  if (server.getEventSources().length === 0)
    server.addReference({ referenceType: 'HasEventSource', nodeId: root.nodeId });
  const input = test.double(`${name}Value`);
  const namespace = test.namespace();
  const node = namespace.instantiateAlarmCondition('AlarmConditionType', {
    browseName: name,
    nodeId: coerceNodeId(`ns=${namespace.index};s=${name}`),
    organizedBy: space.rootFolder.objects,
    conditionSource: root,
    conditionName: name,
    inputNode: input,
    maxTimeShelved: 60_000,
    optionals: ['ConfirmedState', 'Confirm', 'ShelvingState'],
  });
  node.shelvingState?.setState('Unshelved');
  const tell = (active: boolean, message: string): void => {
    const branch = node.currentBranch();
    node.raiseNewCondition({
      message,
      severity,
      quality: StatusCodes.Good,
      retain: active || !branch.getAckedState() || !branch.getConfirmedState(),
    });
  };
  let isActive = false;
  // The library retains nothing that is confirmed; an active condition stays of interest (OPC 10000-9, 5.5.2).
  node.on('confirmed', () => {
    if (isActive) tell(true, `${name} is too high`);
  });
  node.shelvingState?.currentState.id.on('value_changed', () => {
    if (isActive) tell(true, `${name} is too high`);
  });
  return {
    node,
    raise(message = `${name} is too high`) {
      isActive = true;
      node.activateAlarm();
      tell(true, message);
    },
    clear() {
      isActive = false;
      node.deactivateAlarm(
        !node.currentBranch().getAckedState() || !node.currentBranch().getConfirmedState(),
      );
      tell(false, `${name} is too high`);
    },
  };
}

/** What somebody does about an alarm, as a call of the condition's method (OPC 10000-9, 5.7). */
import {
  CallMethodRequest,
  DataType,
  LocalizedText,
  Variant,
  coerceNodeId,
  makeBrowsePath,
  type NodeId,
} from 'node-opcua-client';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import { messageOf } from '#platform/errors.ts';
import { within } from './deadline.ts';
import { serviceStatus } from './failure.ts';
import { resolvePortable } from './node-ids.ts';
import type { UaServices } from './session.ts';

/** Methods of AcknowledgeableConditionType: servers take them for those of each instance. */
const METHODS = { acknowledge: 'i=9111', confirm: 'i=9113' } as const;
/** Methods of ShelvedStateMachineType, by name and node id (OPC 10000-9, 5.8.17). */
const TIMED_SHELVE = { name: 'TimedShelve', nodeId: 'i=2949' };
const ONE_SHOT_SHELVE = { name: 'OneShotShelve', nodeId: 'i=2948' };
const UNSHELVE = { name: 'Unshelve', nodeId: 'i=2947' };
const CALL_MS = 4_000;

export async function callCondition(
  session: UaServices,
  namespaces: readonly string[],
  command: ConditionCommand,
): Promise<Omit<ConditionResult, 'id'>> {
  try {
    const request = await within(CALL_MS, 'looking for the method', requestOf(session, namespaces, command));
    const { statusCode } = await within(CALL_MS, 'telling the machine', session.call(request));
    return { outcome: statusCode.isGoodish() ? 'done' : 'refused', detail: statusCode.name };
  } catch (error) {
    const status = serviceStatus(error);
    if (status) return { outcome: 'refused', detail: status.name };
    return { outcome: 'away', detail: messageOf(error).slice(0, 500) };
  }
}

async function requestOf(
  session: UaServices,
  namespaces: readonly string[],
  { action, condition, eventId, comment, shelveMs }: ConditionCommand,
): Promise<CallMethodRequest> {
  const objectId = resolvePortable(condition, namespaces);
  if (action === 'acknowledge' || action === 'confirm')
    return new CallMethodRequest({
      objectId,
      methodId: coerceNodeId(METHODS[action]),
      inputArguments: [
        new Variant({ dataType: DataType.ByteString, value: Buffer.from(eventId, 'hex') }),
        new Variant({ dataType: DataType.LocalizedText, value: new LocalizedText({ text: comment }) }),
      ],
    });
  const method = action === 'unshelve' ? UNSHELVE : shelveMs === undefined ? ONE_SHOT_SHELVE : TIMED_SHELVE;
  const inputArguments =
    method === TIMED_SHELVE ? [new Variant({ dataType: DataType.Double, value: shelveMs })] : [];
  return new CallMethodRequest({ ...(await shelvingOf(session, objectId, method)), inputArguments });
}

/** Of the condition's own state machine; a server that does not show it takes the condition and the type's method (5.8.17.2). */
async function shelvingOf(
  session: UaServices,
  condition: NodeId,
  { name, nodeId }: typeof UNSHELVE,
): Promise<{ objectId: NodeId; methodId: NodeId }> {
  const found = await session.translateBrowsePath([
    makeBrowsePath(condition, '/ShelvingState'),
    makeBrowsePath(condition, `/ShelvingState/${name}`),
  ]);
  const [objectId, methodId] = found.map(({ targets }) => targets?.[0]?.targetId);
  return objectId && methodId
    ? { objectId, methodId }
    : { objectId: condition, methodId: coerceNodeId(nodeId) };
}

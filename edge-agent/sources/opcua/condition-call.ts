/** What somebody does about an alarm, as a call of the condition's method (OPC 10000-9, 5.7). */
import { CallMethodRequest, DataType, LocalizedText, Variant, coerceNodeId } from 'node-opcua-client';
import type { ConditionAction, ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import { messageOf } from '#platform/errors.ts';
import { within } from './deadline.ts';
import { serviceStatus } from './failure.ts';
import { resolvePortable } from './node-ids.ts';
import type { UaServices } from './session.ts';

/** Methods of AcknowledgeableConditionType: servers take them for those of each instance. */
const METHODS: Readonly<Record<ConditionAction, string>> = { acknowledge: 'i=9111', confirm: 'i=9113' };
const CALL_MS = 4_000;

export async function callCondition(
  session: UaServices,
  namespaces: readonly string[],
  { action, condition, eventId, comment }: ConditionCommand,
): Promise<Omit<ConditionResult, 'id'>> {
  try {
    const request = new CallMethodRequest({
      objectId: resolvePortable(condition, namespaces),
      methodId: coerceNodeId(METHODS[action]),
      inputArguments: [
        new Variant({ dataType: DataType.ByteString, value: Buffer.from(eventId, 'hex') }),
        new Variant({ dataType: DataType.LocalizedText, value: new LocalizedText({ text: comment }) }),
      ],
    });
    const { statusCode } = await within(CALL_MS, 'telling the machine', session.call(request));
    return { outcome: statusCode.isGoodish() ? 'done' : 'refused', detail: statusCode.name };
  } catch (error) {
    const status = serviceStatus(error);
    if (status) return { outcome: 'refused', detail: status.name };
    return { outcome: 'away', detail: messageOf(error).slice(0, 500) };
  }
}

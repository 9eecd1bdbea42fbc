import type {
  AddressSpace,
  ConditionSnapshot,
  ISessionContext,
  StatusCode,
  UAAlarmConditionEx,
} from 'node-opcua';
import { StatusCodes } from 'node-opcua';

/** Of the library's branches, which their types do not show. */
type Branch = ConditionSnapshot & {
  setTime(time: Date): void;
  setReceiveTime(time: Date): void;
  setClientUserId(user: string): void;
};
/** Methods of a condition that bring a comment with them, by their browse names. */
const COMMENTED: ReadonlySet<string | null> = new Set(['Acknowledge', 'Confirm', 'AddComment']);

/**
 * Who acknowledges, confirms or comments stands in the event of it, with the time at which that was done (OPC 10000-9, 5.5.2:
 * ClientUserId is of whoever gave the newest comment). The library raises the event first and notes the user afterwards, leaves the
 * time of the alarm, and calls it good to acknowledge twice (5.7.3).
 */
export function tellWhoActed(space: AddressSpace, conditions: readonly UAAlarmConditionEx[]): void {
  const known = new Map(conditions.map((node) => [node.nodeId.toString(), node]));
  space.addMethodCallInterceptor((context, object, method, [eventId]) => {
    const node = object === null ? undefined : known.get(object.nodeId.toString());
    const name = method.browseName.name;
    if (node === undefined || !COMMENTED.has(name)) return StatusCodes.Good;
    const branch = node.currentBranch() as Branch;
    return meansNow(branch, eventId?.value) ? sign(branch, name, context) : StatusCodes.Good;
  });
}

/** Any other event id is for the library to refuse. */
const meansNow = (branch: Branch, eventId: unknown): boolean =>
  Buffer.isBuffer(eventId) && eventId.equals(branch.getEventId());

function sign(branch: Branch, name: string | null, context: ISessionContext): StatusCode {
  if (name === 'Acknowledge' && branch.getAckedState()) return StatusCodes.BadConditionBranchAlreadyAcked;
  if (name === 'Confirm' && branch.getConfirmedState()) return StatusCodes.BadConditionBranchAlreadyConfirmed;
  const now = new Date();
  branch.setTime(now);
  branch.setReceiveTime(now);
  branch.setClientUserId(context.getUserName());
  return StatusCodes.Good;
}

/** A new alarm has been commented by nobody yet. */
export function forgetComment(node: UAAlarmConditionEx): void {
  const branch = node.currentBranch() as Branch;
  branch.setComment('');
  branch.setClientUserId('');
}

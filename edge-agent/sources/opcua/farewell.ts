/**
 * A machine is taken away: a subscription that an earlier connection or process left at its server must not live on
 * there, collecting values for nobody, until its lifetime is over (ten minutes by default).
 */
import { coerceNodeId, type TransferSubscriptionsResponse } from 'node-opcua-client';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import { within } from './deadline.ts';
import { serviceStatus } from './failure.ts';
import type { OwnIdentity } from './pki.ts';
import { answerOf, openSession, readAttributes, type UaServices, type UaSession } from './session.ts';
import type { SubscriptionHints } from './subscription.ts';

export interface FarewellOptions {
  readonly endpoint: OpcUaEndpoint;
  readonly identity: () => Promise<OwnIdentity>;
  readonly clientName: string;
  readonly hints: SubscriptionHints;
  /** Session that a lost connection left behind, with its subscription. */
  readonly resume: UaServices | undefined;
}

/** Each step of it; whoever stops a source waits a few seconds only. */
const STEP_TIMEOUT_MS = 1_500;

// Server_ServerStatus_StartTime
const START_TIME = coerceNodeId('i=2257');

/** One try over a connection of its own. Answers whether nothing is left. @throws UaFailure when the server cannot be reached */
export async function sayFarewell(options: FarewellOptions): Promise<boolean> {
  const ua = await openSession({
    endpoint: options.endpoint,
    identity: await options.identity(),
    timeoutMs: STEP_TIMEOUT_MS,
    clientName: options.clientName,
    resume: options.resume,
  });
  let isTaken = false;
  try {
    isTaken = await takeAlong(ua, options.hints);
  } finally {
    isTaken = (await ua.close('remove')) && isTaken;
  }
  return isTaken;
}

/**
 * Takes the subscription over, so that it ends with this session when that is closed with its subscriptions. True also when the server
 * does not know it any more. @throws when the server does not answer
 */
export async function takeAlong(ua: UaSession, hints: SubscriptionHints): Promise<boolean> {
  if (ua.isResumed || (await hasRestarted(ua.session, hints))) return true;
  try {
    const response = await within(
      STEP_TIMEOUT_MS,
      'taking the subscription over',
      answerOf<TransferSubscriptionsResponse>((done) =>
        ua.session.transferSubscriptions(
          { subscriptionIds: [hints.subscriptionId], sendInitialValues: false },
          done,
        ),
      ),
    );
    const status = response.results?.[0]?.statusCode;
    return status !== undefined && (status.isGoodish() || isUnknown(status.name));
  } catch (error) {
    const status = serviceStatus(error);
    if (!status) throw error;
    return isUnknown(status.name);
  }
}

const isUnknown = (statusName: string): boolean => statusName === 'BadSubscriptionIdInvalid';

/** Then the number may be another client's by now. */
async function hasRestarted(session: UaServices, { serverStartMs }: SubscriptionHints): Promise<boolean> {
  if (serverStartMs === null) return false;
  const [start] = await readAttributes(session, [{ nodeId: START_TIME }], STEP_TIMEOUT_MS);
  const startMs = start?.statusCode.isGoodish() ? (start.value.value as Date | null)?.getTime() : undefined;
  return startMs !== undefined && startMs !== serverStartMs;
}

/** Making a subscription, or taking over the one that an earlier connection or process left at the server. */
import {
  StatusCodes,
  type ModifySubscriptionResponse,
  type TransferSubscriptionsResponse,
} from 'node-opcua-client';
import { z } from 'zod';
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { Logger } from '#platform/logger.ts';
import { within } from './deadline.ts';
import { FILTER_LEVELS } from './event-filter.ts';
import type { EventItemHint } from './event-watch.ts';
import { isServiceStatus, serviceStatus } from './failure.ts';
import type { ItemHint } from './item-table.ts';
import { answerOf, type UaServices } from './session.ts';

export interface SubscriptionWish {
  readonly publishingIntervalMs: number;
  readonly keepAliveMs: number;
  readonly lifetimeMs: number;
}

export interface Subscription {
  readonly id: number;
  /** As the server revised them. */
  readonly publishingIntervalMs: number;
  readonly keepAliveMs: number;
  readonly wish: SubscriptionWish;
}

const DEFAULT_PUBLISHING_INTERVAL_MS = 100;

const eventItemHint = z.tuple([z.number(), z.enum(FILTER_LEVELS), z.string()]);
const itemHint = z.tuple([z.number(), z.number(), z.string()]);
/** What a later process needs for a take-over. */
const hintsSchema = z.object({
  version: z.literal(1),
  subscriptionId: z.number(),
  publishingIntervalMs: z.number(),
  keepAliveMs: z.number(),
  wish: z.object({ publishingIntervalMs: z.number(), keepAliveMs: z.number(), lifetimeMs: z.number() }),
  /** Start time of the server, ms since 1970: another one means that its subscriptions are gone. */
  serverStartMs: z.number().nullable(),
  /** First values were not all delivered yet. */
  initial: z.boolean(),
  items: z.array(itemHint),
  /** The item that reports events. */
  events: eventItemHint.optional(),
  /** Last sign of life, roughly; ms since 1970, agent's clock. */
  aliveMs: z.number(),
  /** Where and for what signals were browsed. */
  browsed: z.string().optional(),
  /** Being healed when this was saved; ms since 1970. */
  hole: z.object({ cause: z.string(), fromMs: z.number(), toMs: z.number() }).optional(),
});
export interface SubscriptionHints extends Omit<z.infer<typeof hintsSchema>, 'items' | 'events'> {
  readonly items: readonly ItemHint[];
  readonly events?: EventItemHint | undefined;
}

export function parseHints(raw: unknown): SubscriptionHints | undefined {
  const result = hintsSchema.safeParse(raw);
  return result.success ? result.data : undefined;
}

export function wishOf(config: MachineConfig, client: EdgeAgentConfig['opcua']): SubscriptionWish {
  return {
    publishingIntervalMs:
      config.monitoring?.publishingIntervalMs ??
      client.monitoring.publishingIntervalMs ??
      DEFAULT_PUBLISHING_INTERVAL_MS,
    keepAliveMs: client.keepAliveMs,
    lifetimeMs: client.subscriptionLifetimeMs,
  };
}

interface Counts {
  readonly requestedPublishingInterval: number;
  readonly requestedMaxKeepAliveCount: number;
  readonly requestedLifetimeCount: number;
}

function counts({ publishingIntervalMs, keepAliveMs, lifetimeMs }: SubscriptionWish): Counts {
  const keepAliveCount = Math.max(1, Math.round(keepAliveMs / publishingIntervalMs));
  return {
    requestedPublishingInterval: publishingIntervalMs,
    requestedMaxKeepAliveCount: keepAliveCount,
    // Part 4, 5.14.2: at least three times the keep-alive count.
    requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(lifetimeMs / publishingIntervalMs)),
  };
}

export async function createSubscription(
  session: UaServices,
  wish: SubscriptionWish,
  timeoutMs: number,
): Promise<Subscription> {
  const response = await within(
    timeoutMs,
    'creating the subscription',
    session.createSubscription({
      ...counts(wish),
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 10,
    }),
  );
  return {
    id: response.subscriptionId,
    publishingIntervalMs: response.revisedPublishingInterval,
    keepAliveMs: response.revisedPublishingInterval * response.revisedMaxKeepAliveCount,
    wish,
  };
}

/** The subscription as it was when the hints were saved. */
export const keptSubscription = (hints: SubscriptionHints): Subscription => ({
  id: hints.subscriptionId,
  publishingIntervalMs: hints.publishingIntervalMs,
  keepAliveMs: hints.keepAliveMs,
  wish: hints.wish,
});

export type Transfer =
  | { readonly kind: 'taken'; readonly subscription: Subscription; readonly available: readonly number[] }
  | { readonly kind: 'gone'; readonly cause: string };

export async function deleteSubscription(session: UaServices, id: number, timeoutMs: number): Promise<void> {
  await within(
    timeoutMs,
    'deleting a subscription',
    answerOf((done) => session.deleteSubscriptions({ subscriptionIds: [id] }, done)),
  );
}

const sameWish = (a: SubscriptionWish, b: SubscriptionWish): boolean =>
  a.publishingIntervalMs === b.publishingIntervalMs &&
  a.keepAliveMs === b.keepAliveMs &&
  a.lifetimeMs === b.lifetimeMs;

/** TransferSubscriptions of Part 4, 5.14.7. A server that refuses is a cause for a gap record, not an error. */
export async function transferSubscription(
  session: UaServices,
  hints: SubscriptionHints,
  wish: SubscriptionWish,
  context: { readonly serverStartMs: number | null; readonly timeoutMs: number; readonly log: Logger },
): Promise<Transfer> {
  if (
    hints.serverStartMs !== null &&
    context.serverStartMs !== null &&
    hints.serverStartMs !== context.serverStartMs
  )
    return { kind: 'gone', cause: 'server-restarted' };
  try {
    const response = await within(
      context.timeoutMs,
      'taking the subscription over',
      answerOf<TransferSubscriptionsResponse>((done) =>
        session.transferSubscriptions(
          { subscriptionIds: [hints.subscriptionId], sendInitialValues: false },
          done,
        ),
      ),
    );
    const result = response.results?.[0];
    if (!result?.statusCode.isGoodish())
      return { kind: 'gone', cause: causeOf(result?.statusCode.name ?? '') };
    const available = result.availableSequenceNumbers ?? [];
    const subscription = await adapt(session, hints, wish, context.timeoutMs);
    return { kind: 'taken', subscription, available: [...available] };
  } catch (error) {
    const status = serviceStatus(error);
    if (!status || isServiceStatus(error, StatusCodes.BadSessionIdInvalid, StatusCodes.BadSessionClosed))
      throw error;
    context.log.warn({ status: status.name }, 'the server does not hand the subscription over');
    return { kind: 'gone', cause: causeOf(status.name) };
  }
}

async function adapt(
  session: UaServices,
  hints: SubscriptionHints,
  wish: SubscriptionWish,
  timeoutMs: number,
): Promise<Subscription> {
  const kept = { ...keptSubscription(hints), wish };
  if (sameWish(hints.wish, wish)) return kept;
  const response = await within(
    timeoutMs,
    'changing the subscription',
    answerOf<ModifySubscriptionResponse>((done) =>
      session.modifySubscription(
        {
          subscriptionId: hints.subscriptionId,
          ...counts(wish),
          maxNotificationsPerPublish: 0,
          priority: 10,
        },
        done,
      ),
    ),
  );
  return {
    ...kept,
    publishingIntervalMs: response.revisedPublishingInterval,
    keepAliveMs: response.revisedPublishingInterval * response.revisedMaxKeepAliveCount,
  };
}

function causeOf(statusName: string): string {
  if (statusName === StatusCodes.BadSubscriptionIdInvalid.name) return 'subscription-expired';
  if (
    statusName === StatusCodes.BadUserAccessDenied.name ||
    statusName === StatusCodes.BadInsufficientClientProfile.name
  )
    return 'take-over-refused';
  return 'take-over-failed';
}

/** The monitored items of one machine: created in chunks, each result looked at, those that fail listed and retried rarely. */
import {
  AttributeIds,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  MonitoringMode,
  StatusCodes,
  TimestampsToReturn,
  type MonitoredItemCreateRequestOptions,
  type MonitoredItemCreateResult,
  type NodeId,
} from 'node-opcua-client';
import type { MonitoringConfig } from '#contracts/config/edge-agent.ts';
import { messageOf } from '#platform/errors.ts';
import { within } from './deadline.ts';
import { serviceStatus } from './failure.ts';
import { inChunks } from './limits.ts';
import type { UaServices } from './session.ts';

export interface ItemSettings {
  readonly samplingIntervalMs: number;
  readonly queueSize: number;
  readonly trigger: 'statusValue' | 'statusValueTimestamp';
  readonly deadband: number;
}

export interface Item {
  readonly alias: number;
  readonly path: string;
  /** With its namespace URI: what is compared and kept. */
  readonly portable: string;
  nodeId: NodeId;
  readonly settings: ItemSettings;
  /** At the server; 0 = not created. */
  monitoredItemId: number;
  /** Why the server refused it: the name of its StatusCode. */
  refused: string | undefined;
  /** The code itself, where the server gave one. */
  refusedStatus: number | undefined;
}

/** What of an item must be equal for a server-side item to be kept over a restart. Travels in the source's hints. */
export type ItemHint = readonly [alias: number, monitoredItemId: number, fingerprint: string];

/** Exception-based: what a sampling server misses under load, an exception-based one does not. */
const DEFAULT_SAMPLING_INTERVAL_MS = 0;
/** 10 Hz for a minute without anybody taking it. */
const DEFAULT_QUEUE_SIZE = 600;

/** The signal's own words first, then the machine's, then the agent's. */
export function itemSettings(...layers: readonly (MonitoringConfig | undefined)[]): ItemSettings {
  const pick = <Key extends keyof MonitoringConfig>(key: Key): MonitoringConfig[Key] =>
    layers.find((layer) => layer?.[key] !== undefined)?.[key];
  return {
    samplingIntervalMs: pick('samplingIntervalMs') ?? DEFAULT_SAMPLING_INTERVAL_MS,
    queueSize: pick('queueSize') ?? DEFAULT_QUEUE_SIZE,
    trigger: pick('trigger') ?? 'statusValueTimestamp',
    deadband: pick('deadband') ?? 0,
  };
}

export const itemFingerprint = ({ portable, settings }: Item): string =>
  `${portable}|${settings.samplingIntervalMs}|${settings.queueSize}|${settings.trigger}|${settings.deadband}`;

export interface ItemContext {
  readonly session: UaServices;
  readonly subscriptionId: number;
  /** Items per request. */
  readonly limit: number;
  readonly timeoutMs: number;
  readonly pace: () => Promise<void>;
}

function createRequest(
  { alias, nodeId, settings }: Item,
  simple: boolean,
): MonitoredItemCreateRequestOptions {
  const filter = new DataChangeFilter({
    trigger:
      settings.trigger === 'statusValue'
        ? DataChangeTrigger.StatusValue
        : DataChangeTrigger.StatusValueTimestamp,
    deadbandType: settings.deadband > 0 ? DeadbandType.Absolute : DeadbandType.None,
    deadbandValue: settings.deadband,
  });
  return {
    itemToMonitor: { nodeId, attributeId: AttributeIds.Value },
    monitoringMode: MonitoringMode.Reporting,
    requestedParameters: {
      clientHandle: alias,
      samplingInterval: settings.samplingIntervalMs,
      queueSize: settings.queueSize,
      // The newest values count when a queue overflows; the overflow bit then tells of the lost ones.
      discardOldest: true,
      ...(!simple && { filter }),
    },
  };
}

type Outcome = { readonly id: number } | { readonly refused: string; readonly status: number | undefined };

async function createOnce(context: ItemContext, items: readonly Item[], simple: boolean): Promise<Outcome[]> {
  return inChunks<Item, Outcome>(
    items,
    context.limit,
    async (chunk) => {
      await context.pace();
      const response = await within(
        context.timeoutMs,
        'creating monitored items',
        context.session.createMonitoredItems({
          subscriptionId: context.subscriptionId,
          timestampsToReturn: TimestampsToReturn.Both,
          itemsToCreate: chunk.map((item) => createRequest(item, simple)),
        }),
      );
      return (response.results ?? []).map((result: MonitoredItemCreateResult) =>
        result.statusCode.isGoodish()
          ? { id: result.monitoredItemId }
          : { refused: result.statusCode.name, status: result.statusCode.value },
      );
    },
    (error) => ({
      refused: serviceStatus(error)?.name ?? messageOf(error),
      status: serviceStatus(error)?.value,
    }),
  );
}

const FILTER_REFUSALS: ReadonlySet<string> = new Set([
  StatusCodes.BadMonitoredItemFilterUnsupported.name,
  StatusCodes.BadMonitoredItemFilterInvalid.name,
  StatusCodes.BadFilterNotAllowed.name,
]);

/** Creates what is not there yet. Servers without our filter get the items once more without one. */
export async function createItems(context: ItemContext, items: readonly Item[]): Promise<void> {
  const missing = items.filter(({ monitoredItemId }) => monitoredItemId === 0);
  settle(missing, await createOnce(context, missing, false));
  const unfiltered = missing.filter(({ refused }) => refused !== undefined && FILTER_REFUSALS.has(refused));
  if (unfiltered.length > 0) settle(unfiltered, await createOnce(context, unfiltered, true));
}

function settle(items: readonly Item[], outcomes: readonly Outcome[]): void {
  items.forEach((item, i) => {
    const outcome = outcomes[i];
    item.monitoredItemId = outcome && 'id' in outcome ? outcome.id : 0;
    item.refused = outcome && 'refused' in outcome ? outcome.refused : undefined;
    item.refusedStatus = outcome && 'refused' in outcome ? outcome.status : undefined;
  });
}

/** Deletes items that nobody wants any more; what cannot be deleted is ignored by its alias. */
export async function deleteItems(context: ItemContext, monitoredItemIds: readonly number[]): Promise<void> {
  await inChunks<number, true>(
    monitoredItemIds,
    context.limit,
    async (chunk) => {
      await context.pace();
      await within(
        context.timeoutMs,
        'deleting monitored items',
        context.session.deleteMonitoredItems({
          subscriptionId: context.subscriptionId,
          monitoredItemIds: [...chunk],
        }),
      );
      return chunk.map(() => true as const);
    },
    () => true,
  );
}

/**
 * Compares what should be watched with what the server already watches for us: takes over the ids of equal ones,
 * answers the ids of those to be deleted.
 */
export function adoptItems(items: readonly Item[], hints: readonly ItemHint[]): number[] {
  const known = new Map(hints.map((hint) => [hint[0], hint]));
  for (const item of items) {
    const hint = known.get(item.alias);
    if (hint?.[2] !== itemFingerprint(item)) continue;
    item.monitoredItemId = hint[1];
    known.delete(item.alias);
  }
  return [...known.values()].map(([, monitoredItemId]) => monitoredItemId).filter((id) => id !== 0);
}

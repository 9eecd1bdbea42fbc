import type { ClientSession } from 'node-opcua-client';
import { coerceNodeId, StatusCodes } from 'node-opcua-client';
import { isServiceStatus } from './failure.ts';
import { readAttributes } from './session.ts';

/** How many operations go into one request. */
export interface OperationLimits {
  readonly read: number;
  readonly browse: number;
  readonly monitoredItems: number;
  readonly history: number;
}

/** Before a server was asked. */
export const CAUTIOUS_LIMITS: OperationLimits = { read: 100, browse: 100, monitoredItems: 100, history: 10 };

/** What is safe with servers that name no limit, or one that they do not keep. */
const PROFILE_DEFAULT = 1_000;
/** Each brings many values along. */
const HISTORY_NODES = 50;

// Server_ServerCapabilities_OperationLimits_*, Part 5 6.3.11 and the node ids of Part 6.
const MAX_NODES_PER_READ = 'i=11705';
const MAX_NODES_PER_BROWSE = 'i=11710';
const MAX_MONITORED_ITEMS_PER_CALL = 'i=11714';
const MAX_NODES_PER_HISTORY_READ_DATA = 'i=12165';

/** @param caution requests are made so many times smaller than the server says: it broke down under them before */
export async function readOperationLimits(
  session: ClientSession,
  timeoutMs: number,
  caution = 1,
): Promise<OperationLimits> {
  const nodes = [
    MAX_NODES_PER_READ,
    MAX_NODES_PER_BROWSE,
    MAX_MONITORED_ITEMS_PER_CALL,
    MAX_NODES_PER_HISTORY_READ_DATA,
  ];
  const values = await readAttributes(
    session,
    nodes.map((nodeId) => ({ nodeId: coerceNodeId(nodeId) })),
    timeoutMs,
  );
  const limit = (i: number): number => {
    const value: unknown = values[i]?.statusCode.isGoodish() ? values[i]?.value.value : undefined;
    const stated = typeof value === 'number' && value > 0 ? value : PROFILE_DEFAULT;
    return Math.max(1, Math.floor(Math.min(stated, PROFILE_DEFAULT) / caution));
  };
  return {
    read: limit(0),
    browse: limit(1),
    monitoredItems: limit(2),
    history: Math.min(limit(3), HISTORY_NODES),
  };
}

/** Request-wide refusals that a smaller request may not meet: limits that lie, one poison node, a message too big. */
const worthSplitting = (error: unknown): boolean =>
  isServiceStatus(
    error,
    StatusCodes.BadTooManyOperations,
    StatusCodes.BadRequestTooLarge,
    StatusCodes.BadResponseTooLarge,
    StatusCodes.BadEncodingLimitsExceeded,
    StatusCodes.BadEncodingError,
    StatusCodes.BadDecodingError,
    StatusCodes.BadInvalidArgument,
    StatusCodes.BadInternalError,
    StatusCodes.BadUnexpectedError,
    StatusCodes.BadOutOfMemory,
    StatusCodes.BadNodeIdInvalid,
    StatusCodes.BadNodeIdUnknown,
  );

/**
 * Calls `request` with at most `limit` items a time, in order. A request that is refused as a whole is halved until the
 * items that are to blame stand alone; those get `blame(error)` as their result, all others live. After a refusal for size the
 * chunks stay small.
 * @throws what `request` throws, when it is not the items' fault
 */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  limit: number,
  request: (chunk: readonly Item[]) => Promise<readonly Result[]>,
  blame: (error: unknown, item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let size = Math.max(1, limit);
  const run = async (chunk: readonly Item[]): Promise<void> => {
    if (chunk.length === 0) return;
    try {
      const answers = await request(chunk);
      results.push(...answers.slice(0, chunk.length));
      if (answers.length >= chunk.length) return;
      // Fewer answers than questions: a limit that is kept in silence. The rest is asked again.
      const only = chunk[0];
      if (answers.length > 0) {
        size = Math.min(size, answers.length);
        await run(chunk.slice(answers.length));
      } else if (only !== undefined) {
        results.push(blame(new Error('the server gave no result'), only));
        await run(chunk.slice(1));
      }
    } catch (error) {
      if (!worthSplitting(error)) throw error;
      const only = chunk[0];
      if (chunk.length === 1 && only !== undefined) {
        results.push(blame(error, only));
        return;
      }
      const half = Math.ceil(chunk.length / 2);
      if (isServiceStatus(error, StatusCodes.BadTooManyOperations)) size = Math.min(size, half);
      await run(chunk.slice(0, half));
      await run(chunk.slice(half));
    }
  };
  for (let at = 0; at < items.length;) {
    const chunk = items.slice(at, at + size);
    at += chunk.length;
    await run(chunk);
  }
  return results;
}

/** What a server has to offer as a machine: its tree, and its variables as signals. */
import type { BrowseSelection, OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import type { SourceSignal } from '../pipeline/source.ts';
import {
  OBJECTS_FOLDER,
  type BrowseStart,
  pathPart,
  references,
  walk,
  type BrowseContext,
  type TreeNode,
  type WalkBounds,
} from '../sources/opcua/browse.ts';
import { describeVariables, type Description } from '../sources/opcua/describe.ts';
import type { PrintedNode } from './tree-print.ts';
import { recogniseKind, type Recognised } from './recognise.ts';
import { UaFailure } from '../sources/opcua/failure.ts';
import { readOperationLimits } from '../sources/opcua/limits.ts';
import { resolvePortable, toPortable } from '../sources/opcua/node-ids.ts';
import type { OwnIdentity } from '../sources/opcua/pki.ts';
import { openSession, readNamespaces } from '../sources/opcua/session.ts';
import { selectSignals } from '../sources/opcua/signal-selection.ts';

export interface ServerAccess {
  readonly endpoint: OpcUaEndpoint;
  readonly identity: OwnIdentity;
  readonly timeoutMs: number;
}

/** Opens a session, lends it out, closes it whatever happens. @throws UaFailure */
export async function withServer<T>(
  access: ServerAccess,
  work: (context: BrowseContext, readLimit: number) => Promise<T>,
): Promise<T> {
  const ua = await openSession({ ...access, clientName: 'edge agent, onboarding' });
  try {
    const limits = await readOperationLimits(ua.session, access.timeoutMs);
    const context: BrowseContext = {
      session: ua.session,
      namespaces: await readNamespaces(ua.session, access.timeoutMs),
      limit: limits.browse,
      timeoutMs: access.timeoutMs,
      pace: async () => {},
    };
    return await work(context, limits.read);
  } finally {
    await ua.close('remove');
  }
}

/**
 * A node by its portable id, or by browse names below the Objects folder (`Machines/Pump`, whatever their namespaces).
 * @throws UaFailure `NO_SUCH_PATH`, naming what is there instead
 */
export async function findNode(context: BrowseContext, text: string): Promise<BrowseStart> {
  if (/^(nsu=[^;]+;)?[isgb]=/.test(text)) return resolvePortable(text, context.namespaces);
  let at = OBJECTS_FOLDER;
  let walked = 'Objects';
  for (const part of text.split('/').filter((each) => each !== '' && each !== 'Objects')) {
    const [children = []] = await references(context, [at]);
    const names = children.map(({ browseName, nodeId }) => pathPart(browseName.name ?? '', nodeId));
    const next = children[names.indexOf(part)];
    if (!next)
      throw new UaFailure(
        'refused',
        'NO_SUCH_PATH',
        `there is no "${part}" below ${walked}; there are ${names.slice(0, 20).join(', ') || 'no nodes'}`,
        'Browse with `npm run edge -- browse` and give --path with names from there',
      );
    at = resolvePortable(toPortable(next.nodeId, context.namespaces), context.namespaces);
    walked = `${walked}/${part}`;
  }
  return at;
}

/** The tree below `path` (the Objects folder when absent), level by level, with what the server says of its variables. @throws UaFailure */
export async function describedTree(
  context: BrowseContext,
  readLimit: number,
  path: string | undefined,
  bounds: WalkBounds,
): Promise<PrintedNode[]> {
  const root = path === undefined ? OBJECTS_FOLDER : await findNode(context, path);
  const nodes: TreeNode[] = [];
  for await (const node of walk(context, root, bounds)) nodes.push(node);
  const variables = nodes.filter(({ isVariable }) => isVariable);
  const described = await describeVariables(
    context,
    readLimit,
    variables.map(({ nodeId }) => nodeId),
  );
  const about = new Map(variables.map((node, i) => [node, described[i]]));
  return nodes.map((node) => ({
    path: node.path,
    isVariable: node.isVariable,
    portable: toPortable(node.nodeId, context.namespaces),
    about: aboutOf(about.get(node)),
  }));
}

const aboutOf = (description: Description | undefined): PrintedNode['about'] =>
  description && {
    dataType: description.dataType,
    isArray: description.isArray,
    unit: description.unit,
    range: description.range,
  };

export interface Proposal {
  readonly browse: BrowseSelection;
  /** Where it begins, for people. */
  readonly root: string;
  readonly recognised: Recognised;
  readonly signals: readonly SourceSignal[];
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
}

export interface ProposalWish {
  /** Browse path or node id; absent = recognise the machine. */
  readonly path?: string | undefined;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly maxSignals?: number | undefined;
}

/** All variables below the root as signals, with what the server says of them. @throws UaFailure */
export async function propose(
  context: BrowseContext,
  readLimit: number,
  wish: ProposalWish,
): Promise<Proposal> {
  const root =
    wish.path === undefined ? undefined : toPortable(await findNode(context, wish.path), context.namespaces);
  const browse: BrowseSelection = {
    ...(root !== undefined && { root }),
    include: [...(wish.include ?? ['**'])],
    exclude: [...(wish.exclude ?? [])],
    maxDepth: 16,
    maxSignals: wish.maxSignals ?? 20_000,
  };
  const selection = await selectSignals(context, readLimit, { browse, signals: [] });
  const found = selection.root ?? root ?? '';
  const portable = root ?? found.replace(/ \(.*$/s, '');
  return {
    // What was recognised now is written down, so that it stays when the server gets a second machine.
    browse: { ...browse, root: portable },
    root: found,
    recognised: await recogniseKind(context, resolvePortable(portable, context.namespaces)),
    signals: selection.signals.map(({ signal }) => signal),
    failed: selection.failed,
  };
}

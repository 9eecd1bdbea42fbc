/** Which variables of a machine become signals, and what is known of each. */
import type { NodeId } from 'node-opcua-client';
import type { BrowseSelection, MachineConfig, SignalConfig } from '#contracts/config/edge-agent.ts';
import { isSignalPath } from '#domain/asset-path.ts';
import { messageOf } from '#platform/errors.ts';
import type { SourceSignal } from '../../pipeline/source.ts';
import { findMachineRoot, portableOf, walk, type BrowseContext, type TreeNode } from './browse.ts';
import { describeVariables, type Description } from './describe.ts';
import { UaFailure } from './failure.ts';
import { resolvePortable } from './node-ids.ts';

export interface SelectedSignal {
  readonly signal: SourceSignal;
  readonly nodeId: NodeId;
  /** What the configuration says about this one, where it does. */
  readonly config: SignalConfig | undefined;
  readonly dataTypeId: NodeId | undefined;
  /** The property that holds the names of an enumeration's values. */
  readonly enumNamesId?: NodeId | undefined;
}

export interface Selection {
  readonly signals: readonly SelectedSignal[];
  /** Signals that cannot be watched now, each with its reason. */
  readonly failed: readonly { readonly path: string; readonly nodeId: string; readonly reason: string }[];
  /** Where browsing began, for people. */
  readonly root: string | undefined;
  /** Of `signals`: those that are there only because they were there before; their nodes are not found any more. */
  readonly vanished: number;
}

const MAX_NODES = 200_000;
const CAUTIOUS_READ = 100;
const DEFAULT_BROWSE: BrowseSelection = { include: ['**'], exclude: [], maxDepth: 16, maxSignals: 20_000 };

/** Glob over signal paths: `*` within a part, `**` across parts, `?` one character. */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map((glob) => {
    const source = glob
      .split(/(\*\*\/|\*\*|\*|\?)/)
      .map((piece) =>
        piece === '**/'
          ? '(?:.*/)?'
          : piece === '**'
            ? '.*'
            : piece === '*'
              ? '[^/]*'
              : piece === '?'
                ? '[^/]'
                : piece.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
      )
      .join('');
    return new RegExp(`^${source}$`, 's');
  });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

interface Candidate {
  readonly path: string;
  readonly nodeId: NodeId;
  readonly portable: string;
  readonly node: TreeNode | undefined;
  readonly config: SignalConfig | undefined;
}

/**
 * @param remembered what was announced before, for browsing from `root`: a signal whose node is gone is not forgotten, it is
 *   tried and listed with its reason
 * @throws UaFailure when the root of browsing is not there; single signals that are wrong come back in `failed`.
 */
export async function selectSignals(
  context: BrowseContext,
  readLimit: number,
  machine: Pick<MachineConfig, 'browse' | 'signals'>,
  remembered: (root: string) => readonly SourceSignal[] = () => [],
): Promise<Selection> {
  const failed: { path: string; nodeId: string; reason: string }[] = [];
  const listed = listedCandidates(context, machine.signals, failed);
  let root: string | undefined;
  const candidates = new Map(listed.map((candidate) => [candidate.portable, candidate]));
  if (machine.browse !== undefined || machine.signals.length === 0) {
    const selection = machine.browse ?? DEFAULT_BROWSE;
    const start = await rootOf(context, selection);
    root = start.text;
    const paths = new Set(listed.map(({ path }) => path));
    for (const candidate of await browsedCandidates(context, start.nodeId, selection))
      if (!candidates.has(candidate.portable) && !paths.has(candidate.path))
        candidates.set(candidate.portable, candidate);
  }
  const all = [...candidates.values()];
  const descriptions = await describeVariables(
    context,
    readLimit,
    all.map(({ nodeId }) => nodeId),
  );
  const signals: SelectedSignal[] = [];
  all.forEach((candidate, i) => {
    const description = descriptions[i];
    if (description || candidate.config?.dataType)
      signals.push({
        signal: toSignal(candidate, description),
        nodeId: candidate.nodeId,
        config: candidate.config,
        dataTypeId: description?.dataTypeId,
        enumNamesId: description?.enumNamesId,
      });
    else
      failed.push({
        path: candidate.path,
        nodeId: candidate.portable,
        reason: 'the server has no such variable, or does not let it be read',
      });
  });
  const found = signals.length;
  if (root !== undefined && found > 0) addVanished(context, { signals, failed }, remembered(root));
  return { signals, failed, root, vanished: signals.length - found };
}

function addVanished(
  context: BrowseContext,
  {
    signals,
    failed,
  }: { signals: SelectedSignal[]; failed: { path: string; nodeId: string; reason: string }[] },
  remembered: readonly SourceSignal[],
): void {
  const paths = new Set([...signals.map(({ signal }) => signal.path), ...failed.map(({ path }) => path)]);
  for (const signal of remembered) {
    if (paths.has(signal.path)) continue;
    try {
      const nodeId = resolvePortable(signal.nodeId, context.namespaces);
      signals.push({ signal, nodeId, config: undefined, dataTypeId: undefined });
    } catch (error) {
      failed.push({ path: signal.path, nodeId: signal.nodeId, reason: messageOf(error) });
    }
  }
}

/** Whether any of signals that were missing is there now. */
export async function anySelectable(
  context: BrowseContext,
  signals: readonly SignalConfig[],
): Promise<boolean> {
  const { signals: found } = await selectSignals(context, CAUTIOUS_READ, { signals: [...signals] });
  return found.length > 0;
}

function listedCandidates(
  context: BrowseContext,
  signals: readonly SignalConfig[],
  failed: { path: string; nodeId: string; reason: string }[],
): Candidate[] {
  return signals.flatMap((config) => {
    try {
      const nodeId = resolvePortable(config.nodeId, context.namespaces);
      return [{ path: config.path, nodeId, portable: portableOf(context, nodeId), node: undefined, config }];
    } catch (error) {
      failed.push({ path: config.path, nodeId: config.nodeId, reason: messageOf(error) });
      return [];
    }
  });
}

async function rootOf(
  context: BrowseContext,
  { root }: BrowseSelection,
): Promise<{ nodeId: NodeId; text: string }> {
  if (root === undefined) {
    const { nodeId, why } = await findMachineRoot(context);
    return { nodeId, text: `${portableOf(context, nodeId)} (${why})` };
  }
  try {
    return { nodeId: resolvePortable(root, context.namespaces), text: root };
  } catch (error) {
    throw new UaFailure(
      'retry',
      'ROOT_UNKNOWN',
      `browsing cannot begin at ${root}: ${messageOf(error)}`,
      'Check browse.root of the machine; a server that is still starting may not have it yet',
    ).because(error);
  }
}

async function browsedCandidates(
  context: BrowseContext,
  root: NodeId,
  selection: BrowseSelection,
): Promise<Candidate[]> {
  const wanted = pathMatcher(selection.include);
  const unwanted = pathMatcher(selection.exclude);
  const found: Candidate[] = [];
  for await (const node of walk(context, root, { maxDepth: selection.maxDepth, maxNodes: MAX_NODES })) {
    if (!node.isVariable || !isSignalPath(node.path) || !wanted(node.path) || unwanted(node.path)) continue;
    found.push({
      path: node.path,
      nodeId: node.nodeId,
      portable: portableOf(context, node.nodeId),
      node,
      config: undefined,
    });
    if (found.length >= selection.maxSignals) break;
  }
  return found;
}

const COMPANION = /^http:\/\/opcfoundation\.org\/UA\/(.+?)\/?$/;

function toSignal(
  { path, portable, node, config }: Candidate,
  description: Description | undefined,
): SourceSignal {
  const unit = config?.unit ?? description?.unit;
  const range = config?.range ?? description?.range;
  const companion = node && COMPANION.exec(node.nameSpace)?.[1];
  const meaning = config?.meaning ?? (companion ? `${companion}/${path}`.slice(0, 500) : undefined);
  const displayName = node?.displayName || description?.displayName;
  return {
    path,
    name: config?.name ?? { en: (displayName || path.split('/').at(-1) || path).slice(0, 500) },
    dataType: config?.dataType ?? description?.dataType ?? 'Double',
    isArray: config?.isArray ?? description?.isArray ?? false,
    ...(unit && { unit }),
    ...(range && { range }),
    ...(description?.enumNames && { enumNames: description.enumNames }),
    ...(meaning !== undefined && { meaning }),
    nodeId: portable,
  };
}

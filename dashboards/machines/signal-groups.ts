import type { SignalInfo } from '../api/model.ts';

export interface SignalGroup {
  /** Path of the group: `Monitoring/Spindle1`; empty for what stands at the machine itself. */
  readonly path: string;
  readonly signals: readonly SignalInfo[];
}

const SMALL = 3;

/**
 * Signals by the place in their path, in the order in which the machine names them. Places with fewer than
 * three signals are put together under the place above, so that a page is not a heap of headings.
 */
export function groupSignals(signals: readonly SignalInfo[]): readonly SignalGroup[] {
  const byParent = new Map<string, SignalInfo[]>();
  for (const signal of signals) push(byParent, parentOf(signal.path), signal);
  const merged = new Map<string, SignalInfo[]>();
  for (const [path, members] of byParent) {
    const above = members.length < SMALL ? (path.split('/')[0] ?? '') : path;
    for (const signal of members) push(merged, above, signal);
  }
  return [...merged].map(([path, members]) => ({ path, signals: members }));
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function push(map: Map<string, SignalInfo[]>, key: string, signal: SignalInfo): void {
  const list = map.get(key);
  if (list) list.push(signal);
  else map.set(key, [signal]);
}

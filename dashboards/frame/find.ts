import type { MachineInfo, SignalInfo } from '../api/model.ts';
import { signalName } from '../i18n/signal-names.ts';
import type { Screen } from '../app/route.ts';
import { localized, t } from '../i18n/i18n.ts';
import type { TextKey } from '../i18n/messages.ts';

/** A screen, a machine or one of its signals, as a search finds it. */
export interface Finding {
  readonly screen?: Screen;
  readonly machine: MachineInfo | undefined;
  readonly signal: SignalInfo | undefined;
  /** In the chosen language. */
  readonly name: string;
}

/** Screens that are found by their name. */
const SCREENS = [
  [{ screen: 'overview' }, 'screen.overview'],
  [{ screen: 'wall' }, 'screen.wall'],
  [{ screen: 'alarms' }, 'screen.alarms'],
  [{ screen: 'explore', signals: [] }, 'screen.explore'],
  [{ screen: 'pipeline' }, 'screen.pipeline'],
] as const satisfies readonly (readonly [Screen, TextKey])[];

export interface Searchable {
  readonly machine: MachineInfo;
  readonly signals: readonly SignalInfo[];
}

const MAX_FINDINGS = 20;

/**
 * What has every word of the text in its name, id or path. Names that begin with it come first, machines before signals;
 * an empty text finds the machines.
 */
export function find(text: string, plant: readonly Searchable[], only: 'all' | 'signals' = 'all'): Finding[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '');
  if (words.length === 0 && only === 'signals') return [];
  const found: { readonly finding: Finding; readonly rank: number }[] = [];
  if (only === 'all' && words.length > 0)
    for (const [screen, key] of SCREENS) {
      const name = t(key);
      if (words.every((part) => name.toLowerCase().includes(part)))
        found.push({ finding: { screen, machine: undefined, signal: undefined, name }, rank: 0 });
    }
  for (const { machine, signals } of plant) {
    const own = localized(machine.name);
    const about = `${own} ${machine.id} ${machine.kind}`.toLowerCase();
    const take = (finding: Finding, haystack: string, base: number): void => {
      if (!words.every((part) => haystack.includes(part))) return;
      const begins = finding.name.toLowerCase().startsWith(words[0] ?? '');
      found.push({ finding, rank: base + (begins ? 0 : 1) });
    };
    if (only === 'all') take({ machine, signal: undefined, name: own }, about, 0);
    if (words.length === 0) continue;
    for (const signal of signals) {
      const name = signalName(signal);
      take({ machine, signal, name }, `${name} ${signal.path} ${about}`.toLowerCase(), 2);
    }
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_FINDINGS)
    .map(({ finding }) => finding);
}

import { signal as observable } from '@preact/signals';
import type { LocalizedText } from '../../services/shared/domain/machine.ts';
import type { MachineInfo, SignalInfo } from '../api/model.ts';
import { localized, signalWord, word } from './i18n.ts';

/** Parts of a path that say where a specification puts a signal, not what it is of. */
const PLACE_WORDS: ReadonlySet<string> = new Set([
  'Measurements', 'Operational', 'Monitoring', 'Production', 'Statistics', 'Equipment', 'Auxiliary', 'Control', 'Signals',
  'Energy', 'MachineTool', 'Channel1', 'MachineryBuildingBlocks', 'GeneralMaintenance', 'Maintenance', 'Safety', 'Notification',
  'OperationCounters', 'Events', 'Counters', 'Status', 'ParameterSet', 'JobOrderControl', 'PackML', 'PackTags', 'Admin', 'ActiveJobValues',
]); // prettier-ignore

/** Folders of OPC 40010 and OPC 40083 around things of one sort, which are called by their own names. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'Axes', 'PowerTrains', 'TaskControls', 'Controllers', 'SafetyStates', 'InjectionUnits', 'TemperatureZones', 'Moulds', 'ClampingUnits',
  'PowerUnits',
]); // prettier-ignore

const SEPARATOR = ' · ';
const machineNames = observable<ReadonlyMap<string, LocalizedText>>(new Map());

/** Machines that a path may name: a meter's outgoing lines are called by the machines that they feed. */
export function nameMachines(machines: readonly MachineInfo[]): void {
  machineNames.value = new Map(machines.map(({ id, name }) => [id.slice(id.indexOf('/') + 1), name]));
}

/** A place in a signal's path. A meter `Building` is that of light and heating, not that of all that the building draws. */
export function placeWord(place: string): string {
  const machine = machineNames.value.get(place);
  if (machine) return localized(machine);
  return word(place === 'Building' ? 'BuildingServices' : place);
}

/** The signal's name in the chosen language: as the machine gives it, else translated from its browse name. */
export function ownName(signal: SignalInfo): string {
  const last = signal.path.slice(signal.path.lastIndexOf('/') + 1);
  const own = localized(signal.name);
  return own === signal.name.en && compact(own) === compact(last)
    ? signalWord(signal.path, signal.unit?.code)
    : own;
}

/** Heading of a group: `Monitoring · Spindle 1`; what two places call alike is said once. */
export function groupName(path: string): string {
  const places = path.split('/');
  const named = places.filter((place, i) => i === places.length - 1 || !COLLECTIONS.has(place));
  const telling = named.filter((place, i) => i === 0 || place !== 'ParameterSet').map(placeWord);
  return telling.filter((place, i) => telling[i - 1]?.toLowerCase() !== place.toLowerCase()).join(SEPARATOR);
}

/** Name below a group of its path: what the group's heading says is left out, the rest is not (`Axis X · Load`). */
export function nameWithin(signal: SignalInfo, group: string): string {
  const rest = group === '' ? signal.path : signal.path.slice(group.length + 1);
  return joined(rest.split('/').slice(0, -1), signal);
}

/** Name where nothing around it tells the place: `Spindle 1 · Speed`, `Axis 1 · Actual position`, but `Outlet pressure`. */
export function signalName(signal: SignalInfo): string {
  const places = signal.path.split('/').slice(0, -1);
  const parent = places.at(-1);
  if (parent !== 'ParameterSet') return joined(places.slice(-1), signal);
  const above = places.filter(isTelling);
  return joined([above.findLast((place) => /\d$/.test(place)) ?? above.at(-1) ?? parent], signal);
}

/** The same where only the signal's id is known (`site/machine/path`). */
export function nameOfId(id: string): string {
  const path = id.split('/').slice(2);
  return [...path.slice(-2, -1).map(placeWord), signalWord(path.join('/'), undefined)].join(SEPARATOR);
}

const isTelling = (place: string): boolean => !PLACE_WORDS.has(place) && !COLLECTIONS.has(place);

/** A state machine's `CurrentState` is called as the state machine. */
function joined(places: readonly string[], signal: SignalInfo): string {
  const telling = places.filter(isTelling).map(placeWord);
  return telling.length > 0 && signal.path.endsWith('/CurrentState')
    ? telling.join(SEPARATOR)
    : [...telling, ownName(signal)].join(SEPARATOR);
}

const compact = (text: string): string => text.replaceAll(/[\s_-]/g, '').toLowerCase();

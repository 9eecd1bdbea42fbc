import type { Cadence, SignalDataType, SignalDefinition } from './signal.ts';
import type { UnitCode } from './units.ts';
import { EVERY_SECOND } from './signal.ts';

/** A sensor's reading: cyclic, with unit and range; its status may leave Good. */
export function measured(
  path: string,
  unit: UnitCode,
  range: readonly [number, number],
  cadence: Cadence = EVERY_SECOND,
): SignalDefinition {
  return { path, dataType: 'Double', cadence, unit, range, sensor: true };
}

/** State, text, counter: produced when it changes. */
export function event(path: string, dataType: SignalDataType, unit?: UnitCode): SignalDefinition {
  const base: SignalDefinition = { path, dataType, cadence: 'on-change' };
  return unit === undefined ? base : { ...base, unit };
}

/** What a machine tells people in words, one of `texts`: in the language of the session. What machines read is a String. */
export function told(path: string, texts: readonly string[]): SignalDefinition {
  return { path, dataType: 'LocalizedText', cadence: 'on-change', texts };
}

/** A nominal value: set by somebody, not measured. */
export function setting(path: string, unit: UnitCode, range: readonly [number, number]): SignalDefinition {
  return { path, dataType: 'Double', cadence: 'on-change', unit, range };
}

export function choice(path: string, enumeration: readonly string[]): SignalDefinition {
  return { path, dataType: 'Enumeration', cadence: 'on-change', enumeration };
}

export const float = (definition: SignalDefinition): SignalDefinition => ({
  ...definition,
  dataType: 'Float',
});

export const array = (definition: SignalDefinition, arrayLength: number): SignalDefinition => ({
  ...definition,
  arrayLength,
});

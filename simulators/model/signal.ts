import type { DataTypeName, LocalizedText } from '#domain/machine.ts';

export type SignalDataType = Exclude<DataTypeName, 'ByteString'>;

/**
 * A produced value, before it is made an OPC UA Variant: 64-bit integers are `bigint`; DateTime is
 * milliseconds since 1970; Enumeration is its number; LocalizedText is its English text; arrays hold numbers.
 */
export type SignalValue =
  number | bigint | boolean | string | readonly number[] | EncodedValue | StructureValue;

/** A value kept as the bytes of its Variant (OPC 10000-6, 5.2.2.16): whatever a machine said when it was recorded. */
export interface EncodedValue {
  readonly variant: Uint8Array;
}

/**
 * A value of the signal's structure, or an array of them: every field of its definition by name and in its order, optional ones that
 * are absent left out. In the canonical JSON form (OPC 10000-6, 5.4.2): DateTime as ISO 8601, LocalizedText as `{Locale, Text}`.
 * A model makes a new object when something in it changes.
 */
export interface StructureValue {
  readonly structure: StructureFields | readonly StructureFields[];
}
export interface StructureFields {
  readonly [field: string]: FieldValue;
}
export type FieldValue = string | number | boolean | null | StructureFields | readonly FieldValue[];

export const isStructure = (value: SignalValue | null): value is StructureValue =>
  typeof value === 'object' && value !== null && 'structure' in value;

/** A data type of the machine's own. */
export interface StructureType {
  readonly name: string;
  readonly fields: readonly StructureField[];
}
export interface StructureField {
  readonly name: string;
  readonly dataType: Exclude<SignalDataType, 'Structure' | 'Enumeration' | 'Int64' | 'UInt64'>;
  readonly isArray?: boolean;
}

export const isEncoded = (value: SignalValue | null): value is EncodedValue =>
  typeof value === 'object' && value !== null && 'variant' in value;

/** When a signal produces: a fixed interval (a multiple of the base tick), or only when its value changes. */
export type Cadence = { readonly everyMs: number } | 'on-change';

export const EVERY_100_MS: Cadence = { everyMs: 100 };
export const EVERY_200_MS: Cadence = { everyMs: 200 };
export const EVERY_500_MS: Cadence = { everyMs: 500 };
export const EVERY_SECOND: Cadence = { everyMs: 1000 };

/** What a simulated or replayed machine says about one of its variables. */
export interface SignalDefinition {
  /** Path of browse names below the machine: `Monitoring/Spindle1/Load`. */
  readonly path: string;
  readonly dataType: SignalDataType;
  readonly cadence: Cadence;
  /** Length of a one-dimensional array, 0 for any; absent for a scalar. */
  readonly arrayLength?: number;
  /** UNECE code; present on what is measured. */
  readonly unit?: string;
  /** Symbol for a unit that the table of units does not know (recordings). */
  readonly unitSymbol?: string;
  /** EURange, inclusive. */
  readonly range?: readonly [low: number, high: number];
  /** Of a Structure that no companion specification brings along. */
  readonly structure?: StructureType;
  /** Names of an Enumeration's values 0, 1, 2, ... */
  readonly enumeration?: readonly string[];
  readonly name?: LocalizedText;
  /** Of a LocalizedText: the texts that it may have, in English, beside none and figures; whoever translates goes by them. */
  readonly texts?: readonly string[];
  /** A property where its companion type puts it: not among what a client watches that takes variables only. */
  readonly isProperty?: boolean;
  /** False: the value never gets a Bad or Uncertain status of its own (states, counters, texts). */
  readonly sensor?: boolean;
}

/** The value that a variable of this type holds before anything was produced. */
export function initialValue(signal: SignalDefinition): SignalValue {
  if (signal.dataType === 'Structure') return { structure: [] };
  if (signal.arrayLength !== undefined) return Array.from<number>({ length: signal.arrayLength }).fill(0);
  switch (signal.dataType) {
    case 'Boolean':
      return false;
    case 'Int64':
    case 'UInt64':
      return 0n;
    case 'String':
    case 'LocalizedText':
      return '';
    default:
      return 0;
  }
}

export function sameValue(a: SignalValue | null, b: SignalValue | null): boolean {
  if (a !== null && b !== null && isEncoded(a) && isEncoded(b))
    return Buffer.compare(a.variant, b.variant) === 0;
  if (isStructure(a) && isStructure(b))
    return a.structure === b.structure || JSON.stringify(a.structure) === JSON.stringify(b.structure);
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, i) => Object.is(element, b[i]));
}

import type { DataTypeName, LocalizedText } from '#domain/machine.ts';

export type SignalDataType = Exclude<DataTypeName, 'ByteString' | 'Structure'>;

/**
 * A produced value, before it is made an OPC UA Variant: 64-bit integers are `bigint`; DateTime is
 * milliseconds since 1970; Enumeration is its number; LocalizedText is its English text; arrays hold numbers.
 */
export type SignalValue = number | bigint | boolean | string | readonly number[] | EncodedValue;

/** A value kept as the bytes of its Variant (OPC 10000-6, 5.2.2.16): whatever a machine said when it was recorded. */
export interface EncodedValue {
  readonly variant: Uint8Array;
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
  /** Length of a one-dimensional array; absent for a scalar. */
  readonly arrayLength?: number;
  /** UNECE code; present on what is measured. */
  readonly unit?: string;
  /** Symbol for a unit that the table of units does not know (recordings). */
  readonly unitSymbol?: string;
  /** EURange, inclusive. */
  readonly range?: readonly [low: number, high: number];
  /** Names of an Enumeration's values 0, 1, 2, ... */
  readonly enumeration?: readonly string[];
  readonly name?: LocalizedText;
  /** False: the value never gets a Bad or Uncertain status of its own (states, counters, texts). */
  readonly sensor?: boolean;
}

/** The value that a variable of this type holds before anything was produced. */
export function initialValue(signal: SignalDefinition): SignalValue {
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
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((element, i) => Object.is(element, b[i]));
}

import type { MachineId, SignalId } from './asset-path.ts';

/** Texts for people in the four languages of the centre; `en` is always there and stands in for a missing one. */
export interface LocalizedText {
  readonly en: string;
  readonly ru?: string | undefined;
  readonly be?: string | undefined;
  readonly zh?: string | undefined;
}

export const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Where a machine's values come from. Shown wherever its values are shown. */
export const PROVENANCES = ['live', 'simulated', 'replay'] as const;
export type Provenance = (typeof PROVENANCES)[number];

/** OPC UA built-in types as they are named in Part 6; everything without a scalar form is `Structure`. */
export const DATA_TYPES = [
  'Boolean',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float',
  'Double',
  'String',
  'DateTime',
  'ByteString',
  'LocalizedText',
  'Enumeration',
  'Structure',
] as const;
export type DataTypeName = (typeof DATA_TYPES)[number];

/** Engineering unit: UNECE Recommendation 20 code (`RPM` revolutions per minute) and the symbol shown (`rpm`). */
export interface Unit {
  readonly code: string;
  readonly symbol: string;
}

/** Inclusive limits in the signal's unit. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** ISA-95 place of a machine above its own id; the site is the Sparkplug group. */
export interface AssetPath {
  readonly enterprise: string;
  readonly site: string;
  readonly area?: string | undefined;
  readonly line?: string | undefined;
  readonly cell?: string | undefined;
}

export interface Machine {
  readonly id: MachineId;
  readonly assetPath: AssetPath;
  /** What it is: `cnc`, `pump-loop`, `compressor`, ...; unknown kinds get the generic page. */
  readonly kind: string;
  readonly name: LocalizedText;
  readonly provenance: Provenance;
}

export interface Signal {
  readonly id: SignalId;
  readonly machine: MachineId;
  readonly path: string;
  readonly name: LocalizedText;
  readonly dataType: DataTypeName;
  /** True when each value is an array; arrays travel as JSON. */
  readonly isArray: boolean;
  readonly unit?: Unit | undefined;
  /** EURange: the values to be expected. */
  readonly range?: Range | undefined;
  /** Names of an enumeration's values, by value. */
  readonly enumNames?: Readonly<Record<string, LocalizedText>> | undefined;
  /** Companion-specification meaning: `MachineTool/Monitoring/Spindle/Override`. */
  readonly meaning?: string | undefined;
  /** `nsu=<namespace uri>;s=...`: never an index. */
  readonly nodeId: string;
}

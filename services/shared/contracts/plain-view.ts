import type { LocalizedText, Provenance } from '#domain/machine.ts';
import type { Severity } from '#domain/status-code.ts';
import type { WireValue } from './api/values.ts';
import type { MachinePresence } from './presence.ts';

/** Retained at `uns/{enterprise}/{site}/{area}/{line}/{machine}/{signal path}`. */
export interface PlainValue {
  /** As in the API: 64-bit integers as text, bytes in base64, `null` for no value. */
  readonly value: WireValue;
  /** Symbol, as the machine says it. */
  readonly unit?: string;
  readonly quality: Severity;
  /** OPC UA status code in hex, unless it is Good. */
  readonly status?: string;
  /** ISO 8601 UTC, of the machine's clock. */
  readonly time: string;
  readonly signal: string;
}

/** Retained at the machine's own topic. */
export interface PlainMachine {
  readonly machine: string;
  readonly kind: string;
  readonly name: LocalizedText;
  readonly provenance: Provenance;
  /** How the agent reaches it; `offline` as well when its agent is gone. */
  readonly state: MachinePresence['link'];
}

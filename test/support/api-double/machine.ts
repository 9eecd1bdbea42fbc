import type { SignalView } from '#contracts/api/machines.ts';
import type { LocalizedText, Provenance } from '#domain/machine.ts';

/** What the double says of a machine, whatever becomes of it. */
export interface DoubleMachine {
  readonly id: string;
  readonly kind: string;
  readonly provenance: Provenance;
  readonly area: string;
  readonly line: string;
  readonly name: LocalizedText;
}

export type DoubleSignal = Omit<SignalView, 'value' | 'statusCode' | 'sourceTimestamp'>;

import type { MachineKind } from '../../model/machine-kind.ts';
import type { OldMillParameters } from './parameters.ts';
import { NO_COMPANION } from '../../model/companion.ts';
import { OldMillModel } from './model.ts';
import { oldMillParameters } from './parameters.ts';

/** A retrofitted mill: a plain address space without any companion model. */
export const oldMillKind: MachineKind<OldMillParameters> = {
  kind: 'old-mill',
  parameters: oldMillParameters,
  faults: ['bearing', 'tool-wear'],
  companion: NO_COMPANION,
  create: (own, context) => new OldMillModel(own, context),
};

import { signal } from '@preact/signals';
import type { SignalInfo } from '../api/model.ts';

/** Whose way is shown over the screen. */
export const passportOf = signal<SignalInfo | undefined>(undefined);

export const openPassport = (of: SignalInfo): void => {
  passportOf.value = of;
};

import type { SignalDefinition, SignalValue } from './signal.ts';
import { initialValue } from './signal.ts';

/** A reading for every signal of the table, before the first step. */
export function initialValues<Key extends string>(
  signals: Readonly<Record<Key, SignalDefinition>>,
): Record<Key, SignalValue> {
  const values: Partial<Record<Key, SignalValue>> = {};
  for (const key of Object.keys(signals) as Key[]) values[key] = initialValue(signals[key]);
  return values as Record<Key, SignalValue>;
}

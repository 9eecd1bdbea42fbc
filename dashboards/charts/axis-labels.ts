/** A label once: where neighbouring values read alike at the digits shown, the first one has it. */
export const withoutRepeats = (labels: readonly string[]): string[] =>
  labels.map((label, i) => (label === labels[i - 1] ? '' : label));

import type { PassportView } from '#contracts/api/passport.ts';

export interface Hop {
  readonly step: PassportView['steps'][number]['step'];
  readonly at: string | null;
  readonly ms: number | null;
  /** Of the whole way to the store, for the bar beside it; 0 where it is not known. */
  readonly share: number;
}

/** The stations with their part of the way from the machine to the store; what lies there waiting for a reader is no part of it. */
export function hopsOf({ steps }: PassportView): readonly Hop[] {
  const total = totalMs(steps) ?? 0;
  return steps.map(({ step, at, ms }) => ({
    step,
    at,
    ms,
    share: total > 0 && ms !== null && step !== 'answered' ? Math.min(1, Math.max(0, ms / total)) : 0,
  }));
}

/** From the machine's clock to the durable write; `undefined` where one end is not known. */
export function totalMs(steps: PassportView['steps']): number | undefined {
  const known = steps.some(({ step, at }) => step === 'committed' && at !== null);
  if (!known || steps[0]?.at === null) return undefined;
  return steps.reduce((sum, { step, ms }) => sum + (step === 'answered' ? 0 : (ms ?? 0)), 0);
}

/** A line for a shell that answers what the page shows. */
export const curlOf = (origin: string, path: string): string => `curl -s '${origin}${path}'`;

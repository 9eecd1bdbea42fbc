import type { StreamAuditView } from '../../api/model.ts';

/** The account over all streams, in samples; `inFlight` in journal records (what is in them is known when they come). */
export interface Totals {
  readonly produced: number;
  readonly stored: number;
  readonly rejected: number;
  readonly declaredLost: number;
  readonly discarded: number;
  readonly inFlight: number;
  /** Samples stored beyond the last checkpoints: counted at the next ones. */
  readonly ahead: number;
  /** `undefined` while records are in flight, or before the first checkpoint. */
  readonly unexplained: number | undefined;
}

export function totalsOf(streams: readonly StreamAuditView[]): Totals {
  const sum = (pick: (stream: StreamAuditView) => number): number =>
    streams.reduce((total, stream) => total + pick(stream), 0);
  return {
    produced: sum((stream) => stream.produced ?? 0),
    stored: sum((stream) => stream.storedAtCut),
    rejected: sum((stream) => stream.rejectedAtCut),
    declaredLost: sum((stream) => stream.declaredLostAtCut + stream.lostAtClose),
    discarded: sum((stream) => stream.discarded ?? 0),
    ahead: sum((stream) => stream.stored - stream.storedAtCut),
    inFlight: sum((stream) => stream.inFlight),
    unexplained:
      streams.length === 0 || streams.some((stream) => stream.unexplained === null)
        ? undefined
        : sum((stream) => Math.abs(stream.unexplained ?? 0)),
  };
}

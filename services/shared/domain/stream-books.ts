import { SequenceRanges } from './sequence-ranges.ts';
import type { StreamAudit } from './sample-store.ts';

/** The identity of one stream (DESIGN.md, Delivery, Audit), worked out from counts that were each made where it happens. */
export interface StreamBooks {
  /** Records up to the cut that did not arrive yet. */
  readonly inFlight: number;
  /** Samples of a closed stream that never came, neither carried over nor declared by the agent itself. */
  readonly lostAtClose: number;
  /** Samples at the cut that nothing explains: negative = more stored than produced. `undefined` while it cannot be told. */
  readonly unexplained: number | undefined;
}

export function booksOf(audit: StreamAudit): StreamBooks {
  const { cut, closed } = audit;
  const received = SequenceRanges.of(audit.received);
  const inFlight = cut ? countOf(received, cut.sequence) : 0;
  return {
    inFlight: closed ? 0 : inFlight,
    lostAtClose: closed ? lostAtClose(audit, received) : 0,
    unexplained: cut === undefined ? undefined : inFlight === 0 ? difference(audit) : closed ? 0 : undefined,
  };
}

/** What a declaration that reaches across the cut may explain is not held against the stream. */
function difference({ cut, ...audit }: StreamAudit): number {
  const { storedAtCut, rejectedAtCut, declaredLostAtCut, lostAcrossCut, expiredAtCut = 0 } = audit;
  if (!cut) return 0;
  const left = cut.produced - cut.discarded - storedAtCut - rejectedAtCut - declaredLostAtCut - expiredAtCut;
  return left > 0 ? Math.max(0, left - lostAcrossCut) : left;
}

/** The remainder, where records are missing: only a superseded epoch is closed in this way. */
function lostAtClose(audit: StreamAudit, received: SequenceRanges): number {
  const { cut, closed, stored, rejected, declaredLost, expired = 0 } = audit;
  const head = Math.max(closed?.head ?? 0, cut?.sequence ?? 0, received.max ?? 0);
  if (!closed || countOf(received, head) === 0) return 0;
  const produced = Math.max(closed.produced, cut?.produced ?? 0);
  const discarded = Math.max(closed.discarded, cut?.discarded ?? 0);
  return Math.max(0, produced - discarded - stored - rejected - declaredLost - expired - closed.carried);
}

const countOf = (received: SequenceRanges, upTo: number): number =>
  upTo < 1 ? 0 : received.missing(1, upTo).reduce((sum, [from, to]) => sum + to - from + 1, 0);

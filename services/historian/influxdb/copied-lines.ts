/** Lines of the ledger for a store that is copied here. The same again when a copy goes on. */
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { RecordAccount, StoreBooks, StreamAccount } from '../transfer/store-copy.ts';
import {
  NO_COUNTS,
  bodyLine,
  closeLine,
  foldLine,
  letterLine,
  recordLine,
  standingLine,
  streamTags,
  type RecordCounts,
} from './ledger-lines.ts';

import { carriesLine } from './read-back.ts';

const CAUSE = 'copied';
const KEY_STEP_NS = 1_000n;
/** Of what comes from one store, a close has one time. */
const CLOSE_KEY = 1n;

export const booksLines = { stream: streamLines, others: otherLines };

/** Sums of what lies before the first hole are a fold, and what lies behind it single records. */
function streamLines(account: StreamAccount): string[] {
  const { audit, openLosses } = account;
  const { stream, cut, closed } = audit;
  const received = SequenceRanges.of(audit.received);
  const end = received.contiguousEnd(1);
  const behind = recordsBehind(account, received, end);
  const all = { stored: audit.stored, rejected: audit.rejected, expired: audit.expired ?? 0 };
  const lines = account.records
    .filter(({ sequence, checksum }) => sequence <= end && checksum !== undefined)
    .concat(behind)
    .map((record) => recordLine({ stream, ...record }));
  lines.push(...account.machines.map((machine) => carriesLine(stream, machine, 1)));
  if (end > 0) lines.push(foldLine(stream, end, minus(all, behind)));
  if (cut && cut.sequence < end) lines.push(foldLine(stream, cut.sequence, atCut(account)));
  if (cut) {
    const { sequence, produced, discarded } = cut;
    const journaled = produced - discarded;
    const head = { stream, sequence, checksum: 0 };
    lines.push(bodyLine({ ...head, kind: 'checkpoint', produced, journaled, discarded }) ?? '');
  }
  const drop = (from: number, to: number, lost: number): string =>
    `drop,${streamTags(stream)} samples=${lost}i,lost=${lost}i,from=${from}i,to=${to}i,text="[]",cause="${CAUSE}" ${to}`;
  if (audit.declaredLostAtCut > 0) lines.push(drop(0, cut?.sequence ?? 0, audit.declaredLostAtCut));
  for (const { from, to, samples } of openLosses) lines.push(drop(from, to, samples));
  if (closed) lines.push(closeLine(stream, closed, received.size, CLOSE_KEY));
  return lines;
}

const atCut = ({ audit }: StreamAccount): RecordCounts => ({
  stored: audit.storedAtCut,
  rejected: audit.rejectedAtCut,
  expired: audit.expiredAtCut ?? 0,
});

const minus = (all: RecordCounts, records: readonly RecordAccount[]): RecordCounts =>
  records.reduce(
    (left, { stored, rejected, expired }) => ({
      stored: left.stored - stored,
      rejected: left.rejected - rejected,
      expired: left.expired - expired,
    }),
    all,
  );

/** Every record that was received behind the first hole, whether anything is known of it or not. */
function recordsBehind({ records }: StreamAccount, received: SequenceRanges, end: number): RecordAccount[] {
  const known = new Map(records.map((record) => [record.sequence, record]));
  const behind: RecordAccount[] = [];
  for (const [from, to] of received.toArray())
    for (let sequence = Math.max(from, end + 1); sequence <= to; sequence += 1)
      behind.push(known.get(sequence) ?? { sequence, checksum: undefined, ...NO_COUNTS });
  return behind;
}

function otherLines({ gaps, events, standing, letters }: StoreBooks): string[] {
  const bodies = [...gaps, ...events].flatMap((record) => bodyLine(record) ?? []);
  const kept = letters.map((letter) =>
    letterLine(letter, (letter.receivedAt / KEY_STEP_NS + BigInt(letter.id)) * KEY_STEP_NS),
  );
  return [...bodies, ...standing.flatMap((event) => standingLine(event, event.epochNumber)), ...kept];
}

import { dropBodySchema } from '#contracts/delivery.ts';
import { createAliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { encodeBody } from '#contracts/sparkplug/record-encoder.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import type { JournalRecord, NewRecord } from './journal.ts';
import type { Segment } from './segment.ts';
import type { DropIntent } from './state-file.ts';

/** Records that are gone, or go, and must be declared. */
export interface Loss {
  /** Ascending; at most {@link MAX_RANGES}. */
  readonly ranges: readonly SequenceRange[];
  readonly samples: number;
  /** `journal-corrupt`, `journal-full`, `journal-thinned`. */
  readonly cause: string;
}

/** As many as are declared in one step: with their ranges they must fit the state file. */
export const MAX_LOSSES_AT_ONCE = 4;
const MAX_RANGES = 20;
/** Part of a segment's bytes that may be taken along as gaps and events when it is given up. */
const CARRIED_SHARE = 0.25;

export const hullOf = (ranges: readonly SequenceRange[]): [from: number, to: number] => [
  ranges[0]?.[0] ?? 1,
  ranges.at(-1)?.[1] ?? 1,
];

/** What the state file is told before anything goes: the records from `firstSequence` on will declare it. */
export const intentsOf = (losses: readonly Loss[], firstSequence: number): DropIntent[] =>
  losses.map(({ ranges, samples, cause }, i) => ({
    sequence: firstSequence + i,
    ranges: ranges.map(([from, to]) => [from, to]),
    samples,
    cause,
  }));

export const lossOfIntent = ({ ranges, samples, cause }: DropIntent): Loss => ({ ranges, samples, cause });

/** `moved`: samples of the last loss's records that go on in later records, and the last one's sequence. */
export const dropRecords = (
  losses: readonly Loss[],
  moved?: { readonly samples: number; readonly upTo: number },
): NewRecord[] =>
  losses.map(({ ranges, samples, cause }, i) => ({
    kind: 'drop',
    machineId: '',
    catalogueVersion: 0,
    samples,
    content: encodeBody('drop', {
      samples,
      sequences: hullOf(ranges),
      ...(ranges.length > 1 && { ranges }),
      ...(moved && i === losses.length - 1 && { moved }),
      cause,
    }),
  }));

/** What a record of kind `drop` declares. */
export function lossOfDrop(record: JournalRecord): Loss {
  const { body } = decodeRecord(record.metrics, createAliasTable(1), createSampleBatch(1));
  const { ranges, sequences, samples, cause } = dropBodySchema.parse(JSON.parse(body ?? '{}'));
  return { ranges: ranges ?? [sequences], samples, cause };
}

/** What of a segment nobody has heard of. */
export interface SegmentContent {
  readonly ranges: readonly SequenceRange[];
  /** Samples of the records in `ranges`. */
  readonly samples: number;
  /** What its own drop records declared: to be declared again. */
  readonly declared: readonly Loss[];
  /** Gaps and events: they go on, as new records. */
  readonly carried: readonly NewRecord[];
  /** Records of samples, for whoever can make them fewer. */
  readonly sampleRecords: readonly JournalRecord[];
}

export async function contentOf(segment: Segment, acknowledged: SequenceRanges): Promise<SegmentContent> {
  const ranges = fewer(acknowledged.missing(segment.first, segment.last));
  const wanted = SequenceRanges.of(ranges);
  const declared: Loss[] = [];
  const carried: NewRecord[] = [];
  const sampleRecords: JournalRecord[] = [];
  let samples = 0;
  let room = segment.length * CARRIED_SHARE;
  await segment.eachSound((frame) => {
    if (!wanted.has(frame.sequence)) return;
    if (frame.kind === 'samples') {
      samples += frame.samples;
      sampleRecords.push(frame);
    } else if (frame.kind === 'drop') declared.push(lossOfDrop(frame));
    else if ((frame.kind === 'gap' || frame.kind === 'event') && (room -= frame.length) > 0)
      carried.push(sameAgain(frame));
  });
  return {
    ranges,
    samples,
    declared: declared.length > 1 ? [unite(declared)] : declared,
    carried,
    sampleRecords,
  };
}

const sameAgain = ({
  kind,
  machineId,
  catalogueVersion,
  samples,
  metrics,
  checksum,
}: JournalRecord): NewRecord => ({
  kind,
  machineId,
  catalogueVersion,
  samples,
  content: { metrics: metrics.slice(), checksum },
});

/** Several as one: the samples are exact. */
function unite(losses: readonly Loss[]): Loss {
  return {
    ranges: fewer(SequenceRanges.of(losses.flatMap(({ ranges }) => ranges)).toArray()),
    samples: losses.reduce((sum, { samples }) => sum + samples, 0),
    cause: losses[0]?.cause ?? 'journal-full',
  };
}

/** At most {@link MAX_RANGES}: the nearest ones become one, with the acknowledged records between them. */
export function fewer(ranges: readonly SequenceRange[]): readonly SequenceRange[] {
  if (ranges.length <= MAX_RANGES) return ranges;
  const gaps = ranges.slice(1).map(([from], i) => from - (ranges[i]?.[1] ?? 0));
  const widest = gaps.toSorted((a, b) => b - a)[MAX_RANGES - 2] ?? 0;
  const kept: [number, number][] = [];
  let cuts = 0;
  ranges.forEach(([from, to], i) => {
    const last = kept.at(-1);
    if (!last || ((gaps[i - 1] ?? 0) >= widest && ++cuts < MAX_RANGES)) kept.push([from, to]);
    else last[1] = to;
  });
  return kept;
}

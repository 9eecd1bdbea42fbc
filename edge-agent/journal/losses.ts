import { dropBodySchema } from '#contracts/delivery.ts';
import { createAliasTable, decodeRecord, encodeBody } from '#contracts/sparkplug/record.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import type { SequenceRanges, SequenceRange } from '#domain/sequence-ranges.ts';
import type { Frame } from './frame.ts';
import type { NewRecord } from './journal.ts';
import type { Segment } from './segment.ts';
import type { DropIntent } from './state-file.ts';

/** Records that are gone, or go, and must be declared. */
export interface Loss {
  readonly sequences: SequenceRange;
  readonly samples: number;
  /** `journal-corrupt`, `journal-full`. */
  readonly cause: string;
}

/** As many as are declared in one step: they must fit the state file. */
export const MAX_LOSSES_AT_ONCE = 8;
/** Part of a segment's bytes that may be taken along as gaps and events when it is given up. */
const CARRIED_SHARE = 0.25;

/** What the state file is told before anything goes: the records from `firstSequence` on will declare it. */
export const intentsOf = (losses: readonly Loss[], firstSequence: number): DropIntent[] =>
  losses.map(({ sequences: [from, to], samples, cause }, i) => ({
    sequence: firstSequence + i,
    sequences: [from, to],
    samples,
    cause,
  }));

export const dropRecords = (losses: readonly Loss[]): NewRecord[] =>
  losses.map(({ sequences, samples, cause }) => ({
    kind: 'drop',
    machineId: '',
    catalogueVersion: 0,
    samples,
    content: encodeBody('drop', { samples, sequences, cause }),
  }));

export interface SegmentLosses {
  /** Samples of its unacknowledged records by range, and what its own drop records declared. */
  readonly losses: readonly Loss[];
  /** Gaps and events that nobody has heard of yet: they go on, as new records. */
  readonly carried: readonly NewRecord[];
}

/** What it costs to give a segment up. */
export async function lossesOfSegment(
  segment: Segment,
  acknowledged: SequenceRanges,
): Promise<SegmentLosses> {
  const ranges = acknowledged.missing(segment.first, segment.last);
  const samples = ranges.map(() => 0);
  const declared: Loss[] = [];
  const carried: NewRecord[] = [];
  let room = segment.length * CARRIED_SHARE;
  await segment.eachSound((frame) => {
    const i = ranges.findIndex(([from, to]) => frame.sequence >= from && frame.sequence <= to);
    if (i < 0) return;
    if (frame.kind === 'samples') samples[i] = (samples[i] ?? 0) + frame.samples;
    else if (frame.kind === 'drop') declared.push(lossOfDrop(frame));
    else if ((frame.kind === 'gap' || frame.kind === 'event') && (room -= frame.length) > 0)
      carried.push(sameAgain(frame));
  });
  const fresh = ranges.map((sequences, i) => ({
    sequences,
    samples: samples[i] ?? 0,
    cause: 'journal-full',
  }));
  return { losses: [...bounded(declared), ...bounded(fresh)], carried };
}

const sameAgain = ({ kind, machineId, catalogueVersion, samples, metrics, checksum }: Frame): NewRecord => ({
  kind,
  machineId,
  catalogueVersion,
  samples,
  content: { metrics: metrics.slice(), checksum },
});

function lossOfDrop(frame: Frame): Loss {
  const { body } = decodeRecord(frame.metrics, createAliasTable(1), createSampleBatch(1));
  return dropBodySchema.parse(JSON.parse(body ?? '{}'));
}

function bounded(losses: readonly Loss[]): readonly Loss[] {
  const most = MAX_LOSSES_AT_ONCE / 2;
  return losses.length <= most ? losses : [...losses.slice(0, most - 1), hullOf(losses.slice(most - 1))];
}

/** Several as one: the samples are exact, the range also covers acknowledged records between. */
function hullOf(losses: readonly Loss[]): Loss {
  return {
    sequences: [
      Math.min(...losses.map(({ sequences: [from] }) => from)),
      Math.max(...losses.map(({ sequences: [, to] }) => to)),
    ],
    samples: losses.reduce((sum, { samples }) => sum + samples, 0),
    cause: 'journal-full',
  };
}

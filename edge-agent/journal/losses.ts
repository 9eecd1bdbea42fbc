import { encodeBody } from '#contracts/sparkplug/record.ts';
import type { SequenceRanges, SequenceRange } from '#domain/sequence-ranges.ts';
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

/** What it costs to give a segment up: samples of its unacknowledged records, by range. */
export async function lossesOfSegment(segment: Segment, acknowledged: SequenceRanges): Promise<Loss[]> {
  const ranges = acknowledged.missing(segment.first, segment.last);
  const samples = ranges.map(() => 0);
  await segment.eachSound((frame) => {
    const i = ranges.findIndex(([from, to]) => frame.sequence >= from && frame.sequence <= to);
    if (i >= 0 && frame.kind === 'samples') samples[i] = (samples[i] ?? 0) + frame.samples;
  });
  const losses = ranges.map((sequences, i) => ({
    sequences,
    samples: samples[i] ?? 0,
    cause: 'journal-full',
  }));
  if (losses.length <= MAX_LOSSES_AT_ONCE) return losses;
  const kept = losses.slice(0, MAX_LOSSES_AT_ONCE - 1);
  return [...kept, hullOf(losses.slice(MAX_LOSSES_AT_ONCE - 1))];
}

/** Several as one: the samples are exact, the range also covers acknowledged records between. */
function hullOf(losses: readonly Loss[]): Loss {
  return {
    sequences: [losses[0]?.sequences[0] ?? 1, losses.at(-1)?.sequences[1] ?? 1],
    samples: losses.reduce((sum, { samples }) => sum + samples, 0),
    cause: 'journal-full',
  };
}

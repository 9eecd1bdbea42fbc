import type { DeliveryAck } from '#contracts/delivery.ts';
import type { AliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { MalformedPayloadError } from '#contracts/sparkplug/wire.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { msToNs, type TimeNs } from '#domain/time.ts';
import type { Journal, JournalRecord, NewRecord } from '../journal/journal.ts';
import { bodyRecord, gapRecord } from '../pipeline/body-records.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

const READ_BYTES = 4 * 1024 * 1024;
const CAUSE = 'store-restored';

/**
 * What is to be declared where the store that answers has part of this epoch, and lacks of it what the journal no longer has: it was restored from
 * an older backup. A gap record per machine, and a drop record. Empty where nothing is gone, or where the store has nothing of the epoch: then
 * it is a new one.
 */
export async function recordsOfRestoredStore(
  journal: Journal,
  { catalogues }: Pick<Pipeline, 'catalogues'>,
  { ack, nowMs }: { readonly ack: DeliveryAck; readonly nowMs: number },
): Promise<NewRecord[]> {
  const { first, samplesBeforeFirst } = journal.stats();
  const begin = ack.ranges[0]?.[0];
  if (begin === undefined || SequenceRanges.of(ack.ranges).missing(begin, first - 1).length === 0) return [];
  const newest = new Map(Object.entries(ack.newest ?? {}).map(([id, ns]) => [id, BigInt(ns)]));
  const backup = [...newest.values()].reduce<TimeNs>((last, ns) => (ns > last ? ns : last), 0n);
  const oldest = await oldestOf(journal, catalogues.ids());
  const gaps = catalogues.ids().flatMap((machineId) => {
    const from = newest.get(machineId) ?? backup;
    if (from === 0n) return [];
    const record = oldest.get(machineId);
    const to = record ? firstTimeIn(record, catalogues.aliases) : msToNs(nowMs);
    // A machine's clock may have been set back meanwhile.
    const [earlier, later] = from < to ? [from, to] : [to, from];
    return [gapRecord({ machineId, from: earlier, to: later, cause: CAUSE })];
  });
  // A store that came to this epoch late never had its beginning: how much of what it lacks it ever had is not known.
  if (begin > 1) return gaps;
  const sequences = [1, first - 1];
  return [
    ...gaps,
    bodyRecord('drop', { samples: 0, journaled: samplesBeforeFirst, sequences, cause: CAUSE }),
  ];
}

/** The oldest record of samples in the journal, by machine. */
async function oldestOf(
  journal: Journal,
  machineIds: readonly string[],
): Promise<Map<string, JournalRecord>> {
  const oldest = new Map<string, JournalRecord>();
  let at = journal.stats().first;
  while (machineIds.some((id) => !oldest.has(id))) {
    const records = await journal.read(at, READ_BYTES);
    if (records.length === 0) break;
    at = (records.at(-1)?.sequence ?? at) + 1;
    for (const record of records)
      if (record.kind === 'samples' && !oldest.has(record.machineId))
        oldest.set(record.machineId, { ...record, metrics: record.metrics.slice() });
  }
  return oldest;
}

/** Of its oldest sample; of the journal where its content does not decode. */
function firstTimeIn({ metrics, samples, journaledAtMs }: JournalRecord, aliases: AliasTable): TimeNs {
  const batch = createSampleBatch(samples);
  try {
    decodeRecord(metrics, aliases, batch);
  } catch (error) {
    if (!(error instanceof MalformedPayloadError)) throw error;
  }
  const times = batch.timeNs.subarray(0, batch.count);
  return times.reduce((least, ns) => (ns < least ? ns : least), times[0] ?? msToNs(journaledAtMs));
}

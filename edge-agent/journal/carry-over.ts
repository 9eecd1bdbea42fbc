import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { EpochFiles } from './epoch-files.ts';
import type { JournalStats, NextEpoch } from './journal.ts';
import type { JournalReader } from './journal-reader.ts';

const STEP_BYTES = 4 * 1024 * 1024;

/** What speaks of the old epoch's own sequences and counts says nothing in another one. */
const STAYS: ReadonlySet<string> = new Set(['checkpoint', 'drop']);

/** One epoch's files, and those of the next one, which are empty. */
export interface Handover {
  readonly reader: JournalReader;
  readonly from: EpochFiles;
  readonly to: EpochFiles;
  /** Of the old epoch. */
  readonly before: JournalStats;
}

/** Writes what goes on into the next epoch, in its order, under new sequences; behind it what is to be said of the old one. */
export async function carryOver(
  { reader, from, to, before }: Handover,
  { carry, testament }: NextEpoch,
): Promise<void> {
  let at = from.segments[0]?.first ?? 1;
  for (;;) {
    const records = await reader.read(at, STEP_BYTES);
    if (records.length === 0) break;
    at = (records.at(-1)?.sequence ?? at) + 1;
    const kept = records.filter(({ sequence, kind }) => !STAYS.has(kind) && carry(sequence));
    if (kept.length > 0)
      await to.commit(kept.map((record) => [{ ...record, content: record, moved: false }]));
  }
  const last = testament?.({ carried: to.journaled, before }) ?? [];
  if (last.length > 0) await to.commit([last]);
  for (const [machine, notification] of from.notifications) to.notifications.set(machine, notification);
}

/** What a crash left of an epoch that was ended, or not yet begun. */
export async function removeOtherEpochs(disk: Disk, dir: string, epoch: string): Promise<void> {
  for (const name of await disk.list(dir))
    if (/^[0-9a-f]{16}$/.test(name) && name !== epoch) await disk.removeDir(join(dir, name));
}

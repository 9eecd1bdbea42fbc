import { mkdir, open } from 'node:fs/promises';
import type { SealedFile, SealedFiles } from './sealed-files.ts';
import type { SealedFacts, SealedPaths } from './sealing-orders.ts';

export interface SealedFileOrder {
  /** Writes and syncs both files, which are not there yet, and tells what another reader finds in them. */
  readonly write: (to: SealedPaths) => Promise<SealedFacts>;
  readonly day: number;
  /** That it must hold. */
  readonly rows: number;
  readonly compacted: boolean;
  readonly nowMs: number;
}

/** A sealed file under a number of its own, synced with its folders. One that does not hold what it should never counts. */
export async function writeSealedFile(files: SealedFiles, order: SealedFileOrder): Promise<SealedFile> {
  const { day, rows, compacted, nowMs } = order;
  const no = files.takeNo();
  try {
    await mkdir(files.dayDir(day), { recursive: true });
    const facts = await order.write({
      path: files.pathOf({ day, no }),
      rollupPath: files.rollupPathOf({ day, no }),
    });
    if (facts.rows !== rows) throw new Error(`a sealed file holds ${facts.rows} of ${rows} samples`);
    await syncFolder(files.dayDir(day));
    await syncFolder(files.dir);
    return { no, day, compacted, sealedAtMs: nowMs, ...facts };
  } catch (error) {
    files.discard({ day, no });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

import { mkdir, open, stat } from 'node:fs/promises';
import { SEALED_VALUE, inputOf, quoted } from './sample-reader.ts';
import type { Duck } from './duck.ts';
import { RollupBuilder } from './rollup-builder.ts';
import { composeRollupFile } from './rollup-file.ts';
import type { SealedFile, SealedFiles } from './sealed-files.ts';

export interface SealedFileOrder {
  /** Writes the Parquet file: sorted, of the columns and the form that `sealed-format.ts` tells. */
  readonly write: (path: string) => Promise<void>;
  readonly day: number;
  readonly rows: number;
  readonly compacted: boolean;
  readonly nowMs: number;
}

/**
 * Makes one sorted Parquet file and its rollups, both synced with their folder. The rollups are made by reading the file
 * back: a file that does not hold what it should never counts.
 */
export async function writeSealedFile(
  duck: Duck,
  files: SealedFiles,
  order: SealedFileOrder,
): Promise<SealedFile> {
  const { day, rows, compacted, nowMs } = order;
  const no = files.takeNo();
  const path = files.pathOf({ day, no });
  try {
    await mkdir(files.dayDir(day), { recursive: true });
    await order.write(path);
    const builder = await readBack(duck, path);
    if (builder.rows !== rows) throw new Error(`a sealed file holds ${builder.rows} of ${rows} samples`);
    const parts = builder.finish();
    const rollupPath = files.rollupPathOf({ day, no });
    await writeSynced(rollupPath, composeRollupFile(parts));
    await syncPath(path);
    await syncPath(files.dayDir(day));
    await syncPath(files.dir);
    return {
      no,
      day,
      rows,
      compacted,
      sealedAtMs: nowMs,
      bytes: (await stat(path)).size + (await stat(rollupPath)).size,
      minSignal: parts[0]?.signal ?? 0,
      maxSignal: parts.at(-1)?.signal ?? 0,
      minNs: parts.reduce((min, part) => (part.minNs < min ? part.minNs : min), parts[0]?.minNs ?? 0n),
      maxNs: parts.reduce((max, part) => (part.maxNs > max ? part.maxNs : max), parts[0]?.maxNs ?? 0n),
    };
  } catch (error) {
    files.discard({ day, no });
    throw error;
  }
}

async function readBack(duck: Duck, path: string): Promise<RollupBuilder> {
  const builder = new RollupBuilder();
  const sql = `SELECT signal, time_ns, kind, ${SEALED_VALUE} AS value, coalesce(int, 0) AS int, status
    FROM read_parquet(${quoted(path)})`;
  await duck.read(sql, (chunk) => builder.add(chunk.int32(0), chunk.bigint64(1), inputOf(chunk)));
  return builder;
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** fsync of a file or folder. */
async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The thread that sorts, encodes and writes hot tables, so that neither writers nor queries wait for it. */
import { parentPort } from 'node:worker_threads';
import { codeOf, messageOf } from '#platform/errors.ts';
import { ParquetFile } from './parquet/parquet-file.ts';
import { PARQUET_FORMAT, PARQUET_WRITER, ROW_GROUP_ROWS } from './sealed-format.ts';
import type { RowGroup } from './row-groups.ts';
import { SEALED_COLUMNS, SealedRows, type TableToSeal } from './sealed-rows.ts';

export interface SealingDay {
  readonly day: number;
  readonly rows: number;
}

/**
 * `sort` takes a table; `write` writes one of its days, as often as asked; `forget` ends with it. Beside that a file is put
 * together of row groups that come sorted: `open`, `group` ..., then `finish` or `abandon`.
 */
export type SealingOrder =
  | { readonly order: 'sort'; readonly table: TableToSeal }
  | { readonly order: 'write'; readonly day: number; readonly path: string }
  | { readonly order: 'forget' }
  | { readonly order: 'open' | 'finish' | 'abandon'; readonly path: string }
  | { readonly order: 'group'; readonly path: string; readonly group: RowGroup };

export type SealingAnswer =
  { readonly days: readonly SealingDay[] } | { readonly code: string; readonly problem: string };

const port = parentPort;
if (!port) throw new Error('sealing-thread.ts runs as a worker thread');

let sorted: SealedRows | undefined;
const open = new Map<string, ParquetFile>();

port.on('message', (order: SealingOrder) => {
  port.postMessage(answerTo(order));
});

function answerTo(order: SealingOrder): SealingAnswer {
  try {
    carryOut(order);
    return { days: sorted?.days ?? [] };
  } catch (error) {
    return { code: codeOf(error), problem: messageOf(error) };
  }
}

function carryOut(order: SealingOrder): void {
  switch (order.order) {
    case 'sort':
      sorted = new SealedRows(order.table);
      break;
    case 'write':
      write(order.day, order.path);
      break;
    case 'forget':
      sorted = undefined;
      break;
    case 'open':
      open.set(order.path, createFile(order.path));
      break;
    case 'group':
      fileAt(order.path).addRowGroup(order.group.rows, order.group.columns);
      break;
    case 'finish':
      fileAt(order.path).finish();
      close(order.path);
      break;
    case 'abandon':
      close(order.path);
      break;
  }
}

const createFile = (path: string): ParquetFile =>
  new ParquetFile(path, {
    columns: SEALED_COLUMNS,
    metadata: { format: String(PARQUET_FORMAT), writer: PARQUET_WRITER },
    createdBy: PARQUET_WRITER,
  });

function fileAt(path: string): ParquetFile {
  const file = open.get(path);
  if (!file) throw new Error('no such file is being written');
  return file;
}

function close(path: string): void {
  open.get(path)?.close();
  open.delete(path);
}

function write(day: number, path: string): void {
  if (!sorted) throw new Error('no table to write');
  const rows = sorted.days.find((one) => one.day === day)?.rows ?? 0;
  const file = createFile(path);
  try {
    for (let from = 0; from < rows; from += ROW_GROUP_ROWS) {
      const to = Math.min(rows, from + ROW_GROUP_ROWS);
      file.addRowGroup(to - from, sorted.columns(day, from, to));
    }
    file.finish();
  } finally {
    file.close();
  }
}

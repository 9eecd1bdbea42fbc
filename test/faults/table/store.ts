import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Fault, FaultContext } from '../fault.ts';
import { SMALL_DISK, smallDisk, smallDiskUnavailable } from '../small-disk.ts';

/** Another program holds the lock of the store's file: every write is refused after a while. */
function lock({ stack }: FaultContext): DatabaseSync {
  const db = new DatabaseSync(path.join(stack.historianDir, 'historian.sqlite'));
  db.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
  return db;
}

let held: DatabaseSync | undefined;

function release(): void {
  if (held?.isTransaction) held.exec('ROLLBACK');
  held?.close();
  held = undefined;
}

export const STORE: readonly Fault[] = [
  {
    name: 'store refuses every write',
    expected: 'everything',
    inject: async (context) => {
      held = lock(context);
      await context.wait(7_000 + context.between(0, 2_000));
    },
    heal: async () => release(),
  },
  {
    name: 'store slow',
    expected: 'everything',
    inject: async (context) => {
      for (let round = 0; round < 5; round += 1) {
        held = lock(context);
        await context.wait(context.between(600, 1_200));
        release();
        await context.wait(50);
      }
    },
    heal: async () => release(),
  },
  {
    name: 'services away, then the backlog',
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      await stack.kill('services');
      await wait(15_000);
    },
    heal: async ({ stack }) => stack.startProcess('services'),
  },
  {
    name: 'store on a full disk',
    stack: { id: 'store on a small disk', options: () => ({ historianDir: smallDisk('store', 96) }) },
    unavailable: smallDiskUnavailable,
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      SMALL_DISK.fill(stack.historianDir);
      await wait(6_000);
    },
    heal: async ({ stack }) => SMALL_DISK.free(stack.historianDir),
  },
];

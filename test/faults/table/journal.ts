import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Fault, FaultContext } from '../fault.ts';
import type { PlantStack } from '../plant-stack.ts';
import { SMALL_DISK, smallDisk, smallDiskUnavailable } from '../small-disk.ts';

/** The segment that was written last. */
function newestSegment(stack: PlantStack): string {
  const files = readdirSync(stack.journalDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^[0-9a-f]{16}[/\\]/.test(name))
    .map((name) => path.join(stack.journalDir, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size > 0);
  const newest = files.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest === undefined) throw new Error(`no segment in ${stack.journalDir}`);
  return newest;
}

/** A journal that holds what no store has yet, and an agent that is dead. */
async function withBacklog({ stack, wait }: FaultContext): Promise<void> {
  await stack.kill('services');
  await wait(4_000);
  await stack.kill('edge-agent');
}

async function startBoth({ stack }: FaultContext): Promise<void> {
  await Promise.all([stack.startProcess('services'), stack.startProcess('edge-agent')]);
}

function flipByte(file: string, position: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, position);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  writeSync(handle, byte, 0, 1, position);
  closeSync(handle);
}

export const JOURNAL: readonly Fault[] = [
  {
    name: 'journal: a byte flipped before the tail',
    expected: 'drops',
    inject: async (context) => {
      await withBacklog(context);
      const file = newestSegment(context.stack);
      flipByte(file, Math.max(300, statSync(file).size - context.between(3_000, 6_000)));
    },
    heal: startBoth,
  },
  {
    name: 'journal: the tail torn off',
    expected: 'gaps',
    inject: async (context) => {
      await withBacklog(context);
      const file = newestSegment(context.stack);
      truncateSync(file, Math.max(300, statSync(file).size - context.between(100, 1_500)));
    },
    heal: startBoth,
  },
  {
    name: 'journal restored from a backup',
    expected: 'gaps',
    inject: async ({ stack, wait }) => {
      const agent = stack.processes['edge-agent'];
      const backup = path.join(stack.dir, 'agent-backup');
      await agent.stop();
      cpSync(stack.agentDir, backup, { recursive: true });
      await agent.start();
      await wait(4_000);
      await stack.kill('edge-agent');
      rmSync(stack.agentDir, { recursive: true });
      cpSync(backup, stack.agentDir, { recursive: true });
      rmSync(backup, { recursive: true });
    },
    heal: async ({ stack }) => stack.startProcess('edge-agent'),
  },
  {
    name: 'journal on a full disk',
    stack: { id: 'journal on a small disk', options: () => ({ journalDir: smallDisk('journal', 16) }) },
    unavailable: smallDiskUnavailable,
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      SMALL_DISK.fill(stack.journalDir);
      await wait(6_000);
    },
    heal: async ({ stack }) => SMALL_DISK.free(stack.journalDir),
  },
  {
    name: 'agent started on a full disk',
    stack: { id: 'journal on a small disk', options: () => ({ journalDir: smallDisk('journal', 16) }) },
    unavailable: smallDiskUnavailable,
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      await stack.kill('edge-agent');
      SMALL_DISK.fill(stack.journalDir);
      await stack.startProcess('edge-agent');
      await wait(6_000);
    },
    heal: async ({ stack }) => SMALL_DISK.free(stack.journalDir),
  },
];

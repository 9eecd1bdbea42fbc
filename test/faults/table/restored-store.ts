import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';
import type { Fault, FaultContext } from '../fault.ts';
import type { PlantStack } from '../plant-stack.ts';

/** As a person does it: `npm run historian -- backup`, `restore`. */
function historian(...args: readonly string[]): void {
  const cli = path.join(REPOSITORY_ROOT, 'services/historian/cli.ts');
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`historian ${args.join(' ')}: ${stderr}`);
}

const backupOf = (stack: PlantStack): string => path.join(stack.dir, 'store-backup');

/** Oldest segment that the agent's journal still has. */
function firstSegment(stack: PlantStack): string {
  const files = readdirSync(stack.journalDir, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.seg')).toSorted()[0] ?? '';
}

async function untilTrimmed(stack: PlantStack): Promise<void> {
  const before = firstSegment(stack);
  while (firstSegment(stack) === before) await delay(100);
}

async function restore({ stack }: FaultContext): Promise<void> {
  await stack.kill('services');
  const before = `${stack.historianDir}-before`;
  renameSync(stack.historianDir, before);
  historian('restore', '--from', backupOf(stack), '--data', stack.historianDir);
  rmSync(before, { recursive: true });
  rmSync(backupOf(stack), { recursive: true });
}

async function auditProblems({ stack }: FaultContext): Promise<string[]> {
  const response = await fetch(`${stack.url}/api/v1/health`);
  const { components } = (await response.json()) as {
    components: { name: string; status: string; detail: string }[];
  };
  return components.flatMap(({ name, status, detail }) =>
    name === 'audit' && status !== 'ok' ? [`the audit: ${detail}`] : [],
  );
}

const SMALL_SEGMENTS = {
  id: 'a journal of small segments',
  options: () => ({ changes: { 'edge-agent': { journal: { segmentBytes: 65_536 } } } }),
};

export const RESTORED_STORE: readonly Fault[] = [
  {
    name: 'store restored from a backup, the journal has all since',
    expected: 'everything',
    inject: async (context) => {
      const { stack, wait } = context;
      historian('backup', '--to', backupOf(stack), '--data', stack.historianDir);
      await wait(2_000);
      await restore(context);
    },
    heal: async ({ stack }) => stack.startProcess('services'),
    judge: auditProblems,
  },
  {
    name: 'store restored from a backup, the journal has trimmed since',
    stack: SMALL_SEGMENTS,
    expected: 'gaps',
    inject: async (context) => {
      const { stack, wait } = context;
      historian('backup', '--to', backupOf(stack), '--data', stack.historianDir);
      await untilTrimmed(stack);
      await untilTrimmed(stack);
      await wait(1_000);
      await restore(context);
    },
    heal: async ({ stack }) => stack.startProcess('services'),
    judge: async (context, findings) => [
      ...(findings.some(({ cause }) => cause === 'store-restored') ? [] : ['nothing was declared']),
      ...(await auditProblems(context)),
    ],
  },
];

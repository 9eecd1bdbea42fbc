import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REPOSITORY_ROOT } from './spawned-process.ts';

/** `<data>/centre.json` as the supervisor writes it. */
export interface CentreStatus {
  readonly pid: number;
  readonly dashboardUrl: string;
  readonly processes: readonly {
    readonly name: string;
    readonly state: string;
    readonly pid: number | null;
  }[];
}

export interface CentreProcess {
  readonly dataDir: string;
  readonly dashboardUrl: string;
  /** ms from the start of the command to the line with the address. */
  readonly startedInMs: number;
  readonly output: () => string;
  readonly status: () => CentreStatus;
  /** Ctrl-C in the terminal: SIGINT to npm and everything in its process group. Resolves to ms until npm has ended. */
  readonly pressCtrlC: () => Promise<number>;
  /** SIGKILL to npm and the supervisor, as a power cut would. */
  readonly killSupervisor: () => Promise<void>;
}

const READY = /^Dashboard: (http\S+)$/m;

/** Marks every process of a run in its environment, so that a test finds what was left behind. */
export const RUN_MARK = 'CENTRE_TEST_RUN';

async function awaitReady(child: ChildProcess, output: () => string, boundMs: number): Promise<string> {
  const endMs = performance.now() + boundMs;
  while (performance.now() < endMs) {
    const match = READY.exec(output());
    if (match?.[1] !== undefined) return match[1];
    if (child.exitCode !== null || child.signalCode !== null) break;
    await delay(50);
  }
  throw new Error(`the centre did not come up within ${boundMs} ms; it said:\n${output()}`);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, signal);
}

/** The real `npm start` on free ports with a data folder of its own. */
export async function startCentre(
  dataDir: string,
  extra: readonly string[] = [],
  boundMs = 120_000,
): Promise<CentreProcess> {
  const startMs = performance.now();
  const args = ['start', '--', '--data', dataDir, '--http', '0', '--mqtt', '0', '--opcua', '0', ...extra];
  const env = { ...process.env, [RUN_MARK]: dataDir };
  const child = spawn('npm', args, {
    cwd: REPOSITORY_ROOT,
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const exited = once(child, 'exit');
  const status = (): CentreStatus =>
    JSON.parse(readFileSync(path.join(dataDir, 'centre.json'), 'utf8')) as CentreStatus;
  try {
    const dashboardUrl = await awaitReady(child, () => text, boundMs);
    return {
      dataDir,
      dashboardUrl,
      startedInMs: performance.now() - startMs,
      output: () => text,
      status,
      pressCtrlC: async () => {
        const pressedMs = performance.now();
        signalGroup(child, 'SIGINT');
        await exited;
        return performance.now() - pressedMs;
      },
      killSupervisor: async () => {
        signalGroup(child, 'SIGKILL');
        await exited;
      },
    };
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) {
      signalGroup(child, 'SIGINT');
      await exited;
    }
    throw error;
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseReadyLine } from './log-lines.ts';
import type { ProcessOutput } from './process-output.ts';

/** What to run: an entry file with its configuration. */
export interface LaunchSpec {
  readonly name: string;
  readonly entry: string;
  readonly configFile: string;
  /** Working directory: configurations name paths relative to it. */
  readonly cwd: string;
  readonly readyTimeoutMs: number;
  /** Options of Node.js, before the entry. */
  readonly nodeOptions?: readonly string[];
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchedChild {
  readonly pid: number;
  /** Resolves with the facts of the ready line; rejects when the child ends or stays silent instead. */
  readonly ready: Promise<Record<string, unknown>>;
  readonly exited: Promise<ChildExit>;
  /** To the whole process group, so that nothing of it survives. */
  readonly kill: (signal: NodeJS.Signals) => void;
}

export class ChildNotReadyError extends Error {
  readonly exit: ChildExit | undefined;

  constructor(message: string, exit?: ChildExit) {
    super(message);
    this.name = 'ChildNotReadyError';
    this.exit = exit;
  }
}

export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : signal;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal); // no such group (Windows, or gone already)
  }
}

function readyFacts(
  child: ChildProcess,
  stdout: Readable,
  spec: LaunchSpec,
  output: ProcessOutput,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new ChildNotReadyError(`it was not ready after ${spec.readyTimeoutMs / 1000} s`));
    }, spec.readyTimeoutMs);
    createInterface({ input: stdout }).on('line', (line) => {
      output.stdout(line);
      const facts = parseReadyLine(line);
      if (facts === undefined) return;
      clearTimeout(timer);
      resolve(facts);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new ChildNotReadyError(error.message));
    });
    // 'close' and not 'exit': its last words have been read by then.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const exit = { code, signal };
      reject(new ChildNotReadyError(`it ended (${describeExit(exit)})`, exit));
    });
  });
}

/**
 * Starts a process of the centre in a process group of its own, so that Ctrl-C in the terminal reaches the supervisor
 * alone. The IPC channel is its lifeline: when the supervisor is gone, however it went, the child notices and stops.
 */
export function launchChild(spec: LaunchSpec, output: ProcessOutput): LaunchedChild {
  const child = spawn(
    process.execPath,
    [
      ...(spec.nodeOptions ?? []),
      '--disable-warning=ExperimentalWarning',
      spec.entry,
      '--config',
      spec.configFile,
    ],
    {
      cwd: spec.cwd,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on('line', (line) => {
      output.stderr(line);
    });
  const exited: Promise<ChildExit> = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  exited.catch(() => undefined); // a failed spawn is told by `ready`
  if (child.stdout === null) throw new TypeError('a piped stdout is missing');
  const ready = readyFacts(child, child.stdout, spec, output);
  ready.catch(() => undefined); // awaited by the caller, perhaps later
  return {
    pid: child.pid ?? -1,
    ready,
    exited,
    kill: (signal) => {
      killGroup(child, signal);
    },
  };
}

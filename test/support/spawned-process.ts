import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Folder of the root package.json. */
export const REPOSITORY_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export interface SpawnOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** First line of stdout that means "up"; default: the JSON line `{"ready":true,...}` of our own processes. */
  readonly isReady?: (line: string) => boolean;
  readonly readyTimeoutMs?: number;
}

export interface SpawnedProcess {
  readonly pid: number;
  /** The line that announced readiness. */
  readonly readyLine: string;
  /** Everything written to stdout and stderr so far. */
  readonly output: () => string;
  /** Resolves when the process has ended, to its exit code (null: ended by a signal). */
  readonly exited: Promise<number | null>;
  /** Sends SIGTERM, after `graceMs` SIGKILL; resolves when it has ended. */
  readonly stop: (graceMs?: number) => Promise<number | null>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;

const announcesReady = (line: string): boolean => line.startsWith('{') && /"ready":\s*true/.test(line);

function collectOutput(child: ChildProcessByStdio<null, Readable, Readable>): () => string {
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

async function awaitReadyLine(
  child: ChildProcessByStdio<null, Readable, Readable>,
  { isReady = announcesReady, readyTimeoutMs = READY_TIMEOUT_MS }: SpawnOptions,
  output: () => string,
): Promise<string> {
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`not ready after ${readyTimeoutMs} ms; it said:\n${output()}`));
    }, readyTimeoutMs);
    lines.on('line', (line) => {
      if (!isReady(line)) return;
      clearTimeout(timer);
      resolve(line);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`ended before it was ready (${signal ?? code}); it said:\n${output()}`));
    });
  });
}

/** Starts a program and waits until it says that it is ready; on failure it is ended and its output is in the error. */
export async function spawnUntilReady(command: string, options: SpawnOptions = {}): Promise<SpawnedProcess> {
  const child = spawn(command, [...(options.args ?? [])], {
    cwd: options.cwd ?? REPOSITORY_ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  exited.catch(() => undefined); // a failed spawn is reported by awaitReadyLine
  const stop = async (graceMs = STOP_GRACE_MS): Promise<number | null> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    const code = await exited;
    clearTimeout(timer);
    return code;
  };
  try {
    const readyLine = await awaitReadyLine(child, options, output);
    return { pid: child.pid ?? -1, readyLine, output, exited, stop, kill: (signal) => child.kill(signal) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** Starts a TypeScript file of the repository, e.g. `services/broker/main.ts`, on the running Node. */
export async function spawnApp(entry: string, options: SpawnOptions = {}): Promise<SpawnedProcess> {
  const args = [path.join(REPOSITORY_ROOT, entry), ...(options.args ?? [])];
  return await spawnUntilReady(process.execPath, { ...options, args });
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

export interface ChildSpec {
  readonly name: string;
  /** Entry file in the repository. */
  readonly entry: string;
  readonly config: string;
  /** Everything it says is appended here. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Of V8, as the centre starts it. */
  readonly v8Options?: readonly string[] | undefined;
  /** Options of Node before the entry: `--import FILE`. */
  readonly nodeOptions?: readonly string[] | undefined;
}

/** A machine with much else to do may be slow; how long it took is told anyway. */
const READY_TIMEOUT_MS = 180_000;

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** One real process of the plant, which can be killed, frozen and started again. */
export class Child {
  readonly spec: ChildSpec;
  #child: ChildProcess | undefined;
  #log: WriteStream | undefined;
  /** Facts of the ready line. */
  facts: Readonly<Record<string, unknown>> = {};

  constructor(spec: ChildSpec) {
    this.spec = spec;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Resolves when it has said that it is ready. `change` holds for this start and those after. */
  async start(
    change: Partial<Pick<ChildSpec, 'entry' | 'config' | 'env' | 'nodeOptions'>> = {},
  ): Promise<void> {
    Object.assign(this.spec, change);
    const { entry, config, logFile, env, v8Options = [], nodeOptions = [] } = this.spec;
    const args = [
      '--disable-warning=ExperimentalWarning',
      ...v8Options,
      ...nodeOptions,
      path.join(REPOSITORY_ROOT, entry),
      '--config',
      config,
    ];
    const child = spawn(process.execPath, args, {
      cwd: REPOSITORY_ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    living.add(child);
    child.once('exit', () => living.delete(child));
    this.#log ??= createWriteStream(logFile, { flags: 'a' });
    child.stderr?.pipe(this.#log, { end: false });
    await this.#ready(child);
  }

  #ready(child: ChildProcess): Promise<void> {
    const { name, logFile } = this.spec;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${name} ${why}; see ${logFile}`));
      const timer = setTimeout(() => fail('was not ready in time'), READY_TIMEOUT_MS);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended before it was ready (${signal ?? code})`);
      });
      if (!child.stdout) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#log?.write(`${line}\n`);
        if (!line.startsWith('{"ready":true')) return;
        clearTimeout(timer);
        this.facts = JSON.parse(line) as Record<string, unknown>;
        resolve();
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL after ten seconds. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }
}

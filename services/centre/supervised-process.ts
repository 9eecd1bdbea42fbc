import { setTimeout as delay } from 'node:timers/promises';
import { StartError, messageOf } from '#platform/errors.ts';
import { ChildNotReadyError, describeExit, launchChild } from './launched-child.ts';
import type { LaunchSpec, LaunchedChild } from './launched-child.ts';
import type { ProcessOutput } from './process-output.ts';
import type { Terminal } from './terminal.ts';

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** Up for so long: the next crash counts as the first one again. */
const STABLE_MS = 60_000;

/** Pause before restart number `failures` (1 = first): 1 s, 2 s, 4 s ... 30 s. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(failures - 1, 0), LONGEST_BACKOFF_MS);
}

export type ProcessState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly child: LaunchedChild }
  | { readonly kind: 'ready'; readonly child: LaunchedChild; readonly sinceMs: number }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'stopped' };

export interface SupervisedProcessOptions {
  readonly spec: LaunchSpec;
  readonly output: ProcessOutput;
  readonly terminal: Terminal;
  /** Before each further attempt. */
  readonly beforeRestart: () => Promise<void>;
  /** After each time it came up, the first one excepted. */
  readonly onRestarted: () => Promise<void>;
  /** Whenever its pid or state changed. */
  readonly onChange: () => void;
}

/** One process of the centre: started, awaited, restarted with back-off when it crashes, stopped in bounded time. */
export class SupervisedProcess {
  readonly #options: SupervisedProcessOptions;
  readonly #stopping = new AbortController();
  #state: ProcessState = { kind: 'idle' };
  #failures = 0;

  constructor(options: SupervisedProcessOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.spec.name;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Resolves when it is ready. @throws StartError when it could not come up this first time */
  async start(): Promise<void> {
    const { spec, output } = this.#options;
    const child = this.#launch();
    try {
      await child.ready;
    } catch (error) {
      child.kill('SIGKILL');
      await child.exited.catch(() => undefined);
      this.#change({ kind: 'stopped' });
      throw this.#explainStart(error, output.takeLastWords(), spec);
    }
    this.#change({ kind: 'ready', child, sinceMs: performance.now() });
    void this.#keepAlive(child);
  }

  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when nothing of it is left. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const state = this.#state;
    if (state.kind === 'starting' || state.kind === 'ready') await this.#end(state.child, graceMs);
    this.#change({ kind: 'stopped' });
    this.#options.output.close();
  }

  #launch(): LaunchedChild {
    const child = launchChild(this.#options.spec, this.#options.output);
    this.#change({ kind: 'starting', child });
    return child;
  }

  #change(state: ProcessState): void {
    this.#state = state;
    this.#options.onChange();
  }

  #explainStart(error: unknown, lastWords: string, { name }: LaunchSpec): StartError {
    const why = lastWords === '' ? messageOf(error) : lastWords;
    return new StartError(
      'PROCESS_FAILED',
      `${name} could not be started: ${why}`,
      `its log: ${this.#options.output.logFile}`,
    );
  }

  async #end(child: LaunchedChild, graceMs: number): Promise<void> {
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.terminal.progress(`${this.name} does not stop: ending it by force`);
      child.kill('SIGKILL');
    }, graceMs);
    await child.exited.catch(() => undefined);
    clearTimeout(timer);
  }

  async #keepAlive(first: LaunchedChild): Promise<void> {
    let child = first;
    while (!this.#stopping.signal.aborted) {
      const exit = await child.exited.catch(() => ({ code: null, signal: null }));
      if (this.#stopping.signal.aborted) return;
      child.kill('SIGKILL'); // what it may have left in its group
      await this.#pause(describeExit(exit));
      if (this.#stopping.signal.aborted) return;
      child = await this.#restart();
    }
  }

  async #pause(how: string): Promise<void> {
    const state = this.#state;
    const wasStable = state.kind === 'ready' && performance.now() - state.sinceMs >= STABLE_MS;
    this.#failures = wasStable ? 1 : this.#failures + 1;
    const pauseMs = backoffMs(this.#failures);
    const { terminal, output } = this.#options;
    const words = output.takeLastWords();
    terminal.progress(`${this.name} ended unexpectedly (${how}); starting it again in ${pauseMs / 1000} s`);
    if (words !== '') terminal.plain(words);
    this.#change({ kind: 'waiting' });
    await delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** One attempt; a child that does not come up has ended when this resolves. */
  async #restart(): Promise<LaunchedChild> {
    const startedMs = performance.now();
    await this.#options.beforeRestart().catch((error: unknown) => {
      this.#options.terminal.progress(`before the restart of ${this.name}: ${messageOf(error)}`);
    });
    const child = this.#launch();
    try {
      await child.ready;
      this.#change({ kind: 'ready', child, sinceMs: performance.now() });
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      this.#options.terminal.progress(`${this.name} is up again (${seconds} s)`);
      await this.#options.onRestarted();
    } catch (error) {
      if (error instanceof ChildNotReadyError) child.kill('SIGKILL');
      else this.#options.terminal.progress(`after the restart of ${this.name}: ${messageOf(error)}`);
    }
    return child;
  }
}

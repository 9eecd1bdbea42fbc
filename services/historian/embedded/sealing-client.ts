import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import type { HotTable } from './hot-table.ts';
import type {
  MergeOrder,
  SealedFacts,
  SealedPaths,
  SealingAnswers,
  SealingDay,
  SealingOrder,
  SealingRequest,
  SealingResponse,
} from './sealing-orders.ts';

/** Sealing may take its time; a machine, an agent and a page may not. */
const NICENESS = 19;
/** A process that nobody asked for so long is ended: it comes again when it is needed. */
const IDLE_MS = 60_000;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** The store's end of its sealing process, which starts with the first order and again after it failed. */
export class SealingClient {
  readonly #tempDir: string;
  readonly #urgent: boolean;
  #process: ChildProcess | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `tempDir`: a folder for the process alone; whatever lies there is removed. `urgent`: somebody waits for it, it takes its share of the cores. */
  constructor(tempDir: string, { urgent = false }: { readonly urgent?: boolean } = {}) {
    this.#tempDir = tempDir;
    this.#urgent = urgent;
  }

  /** Sends a copy of the table, block by block; {@link forget} lets go of it. Answers its days. */
  async sort({ blocks, rows, spans, raw }: HotTable): Promise<readonly SealingDay[]> {
    for (const { buffer } of blocks) await this.#ask({ order: 'take', block: new BigUint64Array(buffer) });
    return this.#ask({ order: 'sort', table: { rows, spans, raw: raw.pack() } });
  }

  /** Writes and syncs one day of the sorted table. @throws what the disk says, with its code */
  write(day: number, to: SealedPaths): Promise<SealedFacts> {
    return this.#ask({ order: 'write', day, to });
  }

  async forget(): Promise<void> {
    if (this.#process) await this.#ask({ order: 'forget' });
  }

  /** Writes and syncs one file of all rows of the files `from`. @throws what the disk says, with its code */
  merge(order: MergeOrder): Promise<SealedFacts> {
    return this.#ask({ order: 'merge', ...order });
  }

  /** Ends the process at once and for good, whatever it does: a file counts only when the store has registered it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idle);
    const child = this.#process;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #ask<Order extends SealingOrder>(order: Order): Promise<SealingAnswers[Order['order']]> {
    if (this.#stopped) return Promise.reject(new Error('the historian stops'));
    clearTimeout(this.#idle);
    const child = this.#started();
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: SealingRequest = { id, order };
      // A channel that is closed already is told by `exit`, too.
      child.send(request, () => undefined);
    });
  }

  #started(): ChildProcess {
    if (this.#process) return this.#process;
    rmSync(this.#tempDir, { recursive: true, force: true });
    const child = fork(new URL('./sealing-process.ts', import.meta.url), [this.#tempDir], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A session of its own, for the sake of its priority (`giveWay`).
      detached: true,
    });
    this.#process = child;
    if (!this.#urgent) giveWay(child);
    child.on('message', (response: SealingResponse) => this.#settle(response));
    child.once('error', (error) => this.#onEnd(child, error.message));
    child.once('exit', (code, signal) => this.#onEnd(child, signal ?? `exit code ${code}`));
    return child;
  }

  #settle(response: SealingResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ('problem' in response)
      waiting?.reject(Object.assign(new Error(response.problem), { code: response.code }));
    else waiting?.resolve(response.answer as never);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#retire(), IDLE_MS).unref();
  }

  /** Whoever asks while it still ends gets another one. */
  #retire(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGKILL');
  }

  #onEnd(child: ChildProcess, why: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error(`the sealing process ended (${why})`));
    this.#waiting.clear();
  }
}

/**
 * Whatever else wants a core gets it first. Threads that a process starts later have its priority. Where the system refuses,
 * it stays as it is.
 *
 * Linux shares cores among sessions first (sched(7), autogroup): niceness counts within a session only, and a session as a
 * whole has another one of its own.
 */
function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  for (const ask of [
    () => os.setPriority(pid, NICENESS),
    () => writeFileSync(`/proc/${pid}/autogroup`, String(NICENESS)),
  ])
    try {
      ask();
    } catch {
      // Only slower for the others.
    }
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { HotTable } from './hot-table.ts';
import type { RowGroup } from './row-groups.ts';
import type { SealingAnswer, SealingDay, SealingOrder } from './sealing-thread.ts';

interface Waiting {
  readonly resolve: (days: readonly SealingDay[]) => void;
  readonly reject: (error: Error) => void;
}

/** The engine's end of the sealing thread, which starts with the first order and again after it failed. */
export class SealingClient {
  #worker: Worker | undefined;
  /** Orders are answered in turn. */
  readonly #waiting: Waiting[] = [];

  /** Hands the table's memory to the thread; it must not change until {@link forget}. Answers its days. */
  sort(table: HotTable): Promise<readonly SealingDay[]> {
    const raw = table.raw.pack();
    const buffers = table.blocks.map(({ buffer }) => buffer);
    const { rows, spans } = table;
    return this.#ask({ order: 'sort', table: { buffers, rows, spans: spans.slice(), raw } });
  }

  /** Writes and syncs one day of the sorted table. @throws what the disk says, with its code */
  async write(day: number, path: string): Promise<void> {
    await this.#ask({ order: 'write', day, path });
  }

  async forget(): Promise<void> {
    if (this.#worker) await this.#ask({ order: 'forget' });
  }

  /** Writes and syncs a file of the row groups that `make` gives to its argument, one after the other. */
  async assemble(
    path: string,
    make: (add: (group: RowGroup) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    await this.#ask({ order: 'open', path });
    try {
      await make(async (group) => {
        await this.#ask({ order: 'group', path, group }, buffersOf(group));
      });
      await this.#ask({ order: 'finish', path });
    } catch (error) {
      await this.#ask({ order: 'abandon', path }).catch(() => undefined);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ask(order: SealingOrder, handOver: readonly ArrayBuffer[] = []): Promise<readonly SealingDay[]> {
    const worker = this.#started();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.postMessage(order, handOver);
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./sealing-thread.ts', import.meta.url), { name: 'sealing' });
    this.#worker = worker;
    worker.on('message', (answer: SealingAnswer) => this.#settle(answer));
    worker.on('error', () => undefined);
    void once(worker, 'exit').then(() => this.#onExit(worker));
    return worker;
  }

  #settle(answer: SealingAnswer): void {
    const waiting = this.#waiting.shift();
    if ('days' in answer) waiting?.resolve(answer.days);
    else waiting?.reject(Object.assign(new Error(answer.problem), { code: answer.code }));
  }

  #onExit(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the sealing thread ended'));
  }
}

/** Of numbers and presence; texts are copied. */
function buffersOf({ columns }: RowGroup): ArrayBuffer[] {
  const buffers = columns.flatMap(({ values, present }) => [
    ...(values instanceof Uint32Array ? [values.buffer] : []),
    ...(present ? [present.buffer] : []),
  ]);
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer);
}

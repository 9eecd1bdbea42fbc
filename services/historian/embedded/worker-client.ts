import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { RejectedError, StartError, StoreUnavailableError } from '#platform/errors.ts';
import {
  END,
  transferablesOf,
  type Answer,
  type Arguments,
  type Failure,
  type OperationName,
  type Request,
  type Response,
} from './rpc.ts';

/** A worker that has not ended by then is ended. */
const EXIT_TIMEOUT_MS = 3_000;

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** The front's end of the calls to the worker. */
export class WorkerClient {
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 1;

  async start(): Promise<void> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'historian' });
    this.#worker = worker;
    worker.on('message', (response: Response) => this.#settle(response));
    worker.on('error', (error) => this.#fail(`the historian's worker failed: ${error.message}`));
    worker.on('exit', () => this.#fail('the historian is stopped'));
    await once(worker, 'online');
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const timer = setTimeout(() => void worker.terminate(), EXIT_TIMEOUT_MS);
    worker.postMessage(END);
    await new Promise((ended) => worker.once('exit', ended));
    clearTimeout(timer);
  }

  call<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Answer<Name>> {
    const worker = this.#worker;
    if (!worker)
      return Promise.reject(new StoreUnavailableError('STORE_STOPPED', 'the historian is stopped'));
    const id = this.#nextId;
    this.#nextId += 1;
    const request: Request = { id, name, args };
    return new Promise<Answer<Name>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage(request, args.flatMap(transferablesOf));
    });
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ('failure' in response) pending?.reject(errorOf(response.failure));
    else pending?.resolve(response.answer as never);
  }

  #fail(why: string): void {
    this.#worker = undefined;
    for (const { reject } of this.#pending.values()) reject(new StoreUnavailableError('STORE_STOPPED', why));
    this.#pending.clear();
  }
}

function errorOf({ kind, code, message, check }: Failure): Error {
  if (kind === 'unavailable') return new StoreUnavailableError(code, message);
  if (kind === 'rejected') return new RejectedError(code, message);
  if (kind === 'start') return new StartError(code, message, check ?? '');
  return Object.assign(new Error(message), { code });
}

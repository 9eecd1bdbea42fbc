/** The historian's worker thread: owns SQLite, DuckDB and the sealed files. */
import { parentPort } from 'node:worker_threads';
import { RejectedError, StartError, StoreUnavailableError, codeOf, messageOf } from '#platform/errors.ts';
import { Engine } from './engine.ts';
import { END, transferablesOf, type Failure, type Operations, type Request, type Response } from './rpc.ts';

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread');

const engine: Operations = new Engine();

port.on('message', (message: Request | typeof END) => {
  if (message === END) port.close();
  else handle(message);
});

function handle({ id, name, args }: Request): void {
  try {
    const operation = engine[name].bind(engine) as (...args: readonly unknown[]) => unknown;
    const answer = operation(...args);
    if (answer instanceof Promise)
      answer.then(
        (value: unknown) => reply({ id, answer: value }, value),
        (error: unknown) => reply({ id, failure: failureOf(error) }),
      );
    else reply({ id, answer }, answer);
  } catch (error) {
    reply({ id, failure: failureOf(error) });
  }
}

function reply(response: Response, value?: unknown): void {
  port?.postMessage(response, transferablesOf(value));
}

function failureOf(error: unknown): Failure {
  const check = error instanceof StartError ? error.check : undefined;
  return { kind: kindOf(error), code: codeOf(error), message: messageOf(error), check };
}

function kindOf(error: unknown): Failure['kind'] {
  if (error instanceof StoreUnavailableError) return 'unavailable';
  if (error instanceof RejectedError) return 'rejected';
  return error instanceof StartError ? 'start' : 'other';
}

import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { createLogger, type Logger } from './logger.ts';
import { ConfigError, StartError, messageOf } from './errors.ts';

/** By then what is loaded later is loaded, too. Nothing is written where nothing new was compiled. */
const KEEP_COMPILED_AFTER_MS = 3_000;

/** Something with a life: the constructor does nothing, `stop` is idempotent and bounded in time. */
export interface Service {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Process title and logger name: the app's folder. */
  readonly name: string;
  /** Starts everything; what it answers goes into the ready line (ports, ids). */
  readonly start: (context: ProcessContext) => Promise<Record<string, unknown>>;
  readonly stop: () => Promise<void>;
  readonly stopTimeoutMs?: number;
}

export interface ProcessContext {
  readonly configPath: string;
  readonly log: Logger;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/**
 * The life of one process of the centre: `--config FILE`, one ready line on stdout, stop on SIGTERM, SIGINT, or
 * when the parent that holds the IPC channel is gone. Exit code 2: configuration; 1: any other failure.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  process.title = options.name;
  const log = createLogger(options.name);
  const { values } = parseArgs({ options: { config: { type: 'string' } }, strict: false });
  if (typeof values.config !== 'string') {
    fail(
      new StartError(
        'NO_CONFIG',
        `${options.name} was started without a configuration`,
        'give --config FILE',
      ),
      log,
    );
  }
  const abort = new AbortController();
  let stopping = false;
  const stop = (why: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    abort.abort();
    setTimeout(() => {
      log.error('could not stop in time: leaving');
      process.exit(1);
    }, options.stopTimeoutMs ?? 8_000).unref();
    options.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  // `on`, not `once`: signal-exit (below node-opcua's certificate store) counts the listeners when its own is called,
  // takes a `once` that has just gone for nobody, and sends the signal again: the process dies before it has stopped.
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  if (process.channel) process.once('disconnect', () => stop('the supervisor is gone', 0));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error');
    stop('uncaught error', 1);
  });
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    stop('unhandled rejection', 1);
  });
  try {
    const facts = await options.start({ configPath: String(values.config), log, signal: abort.signal });
    process.stdout.write(
      `${JSON.stringify({ ready: true, name: options.name, pid: process.pid, ...facts })}\n`,
    );
    // Node keeps what it compiled when a process ends by itself; who is killed would compile everything again at each start.
    setTimeout(() => flushCompileCache(), KEEP_COMPILED_AFTER_MS).unref();
  } catch (error) {
    if (!stopping) fail(error, log);
  }
}

function fail(error: unknown, log: Logger): never {
  const code = error instanceof ConfigError ? 2 : 1;
  const check = error instanceof StartError ? error.check : undefined;
  log.fatal({ err: error, check }, messageOf(error));
  process.stderr.write(`${messageOf(error)}${check === undefined ? '' : `\nCheck: ${check}.`}\n`);
  process.exit(code);
}

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from './free-ports.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const READY_MS = 20_000;

export interface InfluxdOptions {
  /** Folder of its data; made and removed with it when absent. */
  readonly directory?: string;
  readonly port?: number;
  /** Its folder lies in memory where the system has such a place: half the time, and nothing is proven about disks. */
  readonly inMemory?: boolean;
  /** Lines for sections of its configuration: `{data: 'max-series-per-database = 5'}`. */
  readonly sections?: Readonly<Record<string, string>>;
  readonly auth?: boolean;
}

/** A real influxd 1.x on a free port of 127.0.0.1 with a folder of its own. */
export interface Influxd {
  readonly url: string;
  readonly pid: () => number;
  readonly directory: string;
  /** Ends it with SIGKILL and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** After {@link Influxd.kill}: on the same port and folder. */
  readonly restart: () => Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it and removes its folder. */
  readonly remove: () => Promise<void>;
  readonly query: (statement: string, database?: string) => Promise<string>;
}

function configText(directory: string, port: number, options: InfluxdOptions): string {
  const extra = (name: string): string => options.sections?.[name] ?? '';
  return `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
  query-log-enabled = false
${extra('data')}
[retention]
${extra('retention')}
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  auth-enabled = ${options.auth === true}
${extra('http')}
`;
}

const SHARED_MEMORY = '/dev/shm';

function makeFolder(inMemory: boolean): string {
  if (inMemory && existsSync(SHARED_MEMORY)) return mkdtempSync(path.join(SHARED_MEMORY, 'influxd-'));
  return makeTemporaryFolder('influxd');
}

export async function startInfluxd(program: string, options: InfluxdOptions = {}): Promise<Influxd> {
  const directory = options.directory ?? makeFolder(options.inMemory === true);
  mkdirSync(directory, { recursive: true });
  const port = options.port ?? (await freePort());
  const configFile = path.join(directory, 'influxdb.conf');
  writeFileSync(configFile, configText(directory, port, options));
  const url = `http://127.0.0.1:${port}`;
  let child = await launch(program, { configFile, directory, url });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    url,
    directory,
    pid: () => child.pid ?? -1,
    kill,
    restart: async () => {
      child = await launch(program, { configFile, directory, url });
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    remove: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
    query: async (statement, database = '') => {
      const response = await fetch(`${url}/query?epoch=ns&db=${encodeURIComponent(database)}`, {
        method: 'POST',
        body: new URLSearchParams({ q: statement }),
      });
      return await response.text();
    },
  };
}

interface Launch {
  readonly configFile: string;
  readonly directory: string;
  readonly url: string;
}

async function launch(program: string, { configFile, directory, url }: Launch): Promise<ChildProcess> {
  const log = openSync(path.join(directory, 'influxd.log'), 'a');
  const child = spawn(program, ['run', '-config', configFile], { stdio: ['ignore', log, log] });
  closeSync(log);
  const until = Date.now() + READY_MS;
  while (Date.now() < until && child.exitCode === null) {
    const isUp = await fetch(`${url}/ping`).then(
      ({ status }) => status === 204,
      () => false,
    );
    if (isUp) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(
    `influxd is not up; it said:\n${execFileSync('tail', ['-n', '20', path.join(directory, 'influxd.log')]).toString()}`,
  );
}

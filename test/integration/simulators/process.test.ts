import type { EndpointsFile } from '#contracts/config/simulators.ts';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadPlant } from '../../../simulators/plants/load-plant.ts';
import { expectInTime } from '../../support/timing-gate.ts';
import { connect } from './client.ts';

const SHIPPED = 'simulators/plants/brest.yaml';
const MACHINES = (await loadPlant(SHIPPED)).machines.length;

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulators-process-'));
});
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** The plant that comes with the simulators, but its machines are not warmed up. */
async function coldPlant(): Promise<string> {
  const file = join(folder, 'cold.yaml');
  await writeFile(
    file,
    (await readFile(SHIPPED, 'utf8')).replace(/^warmUpMinutes: .*$/m, 'warmUpMinutes: 0'),
  );
  return file;
}

function run(...args: string[]): ChildProcess {
  child = spawn(process.execPath, ['simulators/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return child;
}

async function output(of: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  of.stdout?.on('data', (data: Buffer) => (texts.stdout += data.toString()));
  of.stderr?.on('data', (data: Buffer) => (texts.stderr += data.toString()));
  const [code] = (await once(of, 'close')) as [number | null];
  return { code, ...texts };
}

test('says when it is ready, and leaves within its time on SIGTERM while a client is connected', async (context) => {
  const ledger = join(folder, 'ledger.jsonl');
  const config = join(folder, 'simulators.yaml');
  const text = { dataDir: folder, plant: await coldPlant(), basePort: 0, ledger };
  await writeFile(config, JSON.stringify(text));
  const own = run('--config', config);
  const closed = once(own, 'exit');
  let ready: Record<string, unknown> | undefined;
  for await (const line of createInterface({ input: own.stdout! })) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    if (entry['ready'] !== true) continue;
    ready = entry;
    break;
  }
  own.stdout?.resume();
  expect(ready).toMatchObject({
    name: 'simulators',
    machines: MACHINES,
    endpoints: join(folder, 'endpoints.json'),
  });
  const { endpoints } = JSON.parse(await readFile(join(folder, 'endpoints.json'), 'utf8')) as EndpointsFile;
  const { close } = await connect(endpoints[0]!, folder);
  const askedAt = performance.now();
  own.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  const tookMs = performance.now() - askedAt;
  expect((await readFile(ledger, 'utf8')).trimEnd().split('\n').at(-1)).toMatch(/^\{"totals":/);
  await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, 3_000))]).catch(() => undefined);
  expectInTime(context, tookMs, 5_000);
});

test('a taken port is one sentence with what to check', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { code, stderr } = await output(
    run('--plant', await coldPlant(), '--data', folder, '--port', String(port)),
  );
  server.close();
  expect(code).toBe(1);
  expect(stderr).toBe(
    `port ${port} for the OPC UA server of pump-01 is taken\n` +
      `Check: stop what listens on 127.0.0.1:${port}, or give another first port with --port.\n`,
  );
});

test('the physics alone: the same command twice prints the same hash', async () => {
  const args = ['--plant', 'brest', '--seed', '7', '--for', '2m', '--as-fast-as-possible'];
  const first = await output(run(...args, '--ledger', join(folder, 'a.jsonl')));
  const second = await output(run(...args));
  expect(first.code).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ seed: 7, virtualSeconds: 120 });
  expect(second.stdout).toBe(first.stdout);
});

test.each([
  [['--plant', 'teapot', '--as-fast-as-possible'], 2, /no such plant; give its path, or one of brest, /],
  [['--plant', 'brest', '--for', 'long', '--as-fast-as-possible'], 1, /"long" is not a duration/],
  [['--unknown'], 1, /Unknown option '--unknown'/],
  [[], 1, /neither --config nor --plant/],
])('%j ends with code %i and a sentence', async (args, code, sentence) => {
  const result = await output(run(...args));
  expect(result.code).toBe(code);
  expect(result.stderr).toMatch(sentence);
});

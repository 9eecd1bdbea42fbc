import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestBroker } from './broker.ts';
import { StoreSide, until } from './store-side.ts';

/** More by `EDGE_KILLS=300`. */
const KILLS = Number(process.env['EDGE_KILLS'] ?? 6);
const ENTRY = fileURLToPath(new URL('agent-child.ts', import.meta.url));

let dir: string;
let broker: TestBroker;
let store: StoreSide;
let child: ChildProcess | undefined;
/** Greatest count that the source was allowed to acknowledge to its server. */
let acknowledged = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-kill-'));
  broker = new TestBroker();
  await broker.start();
  store = new StoreSide(broker.url);
  await store.start();
  acknowledged = 0;
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await store.stop();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

async function startChild(): Promise<void> {
  const config = {
    site: 'brest',
    agent: 'edge-1',
    dataDir: dir,
    mqtt: { url: broker.url, retryMinMs: 50, retryMaxMs: 200 },
    journal: { segmentBytes: 65_536 },
    delivery: { ackTimeoutMs: 500, ackTimeoutMaxMs: 1_000 },
    machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
  };
  const started = spawn(process.execPath, [ENTRY, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const lines = createInterface({ input: started.stdout });
  const before = acknowledged;
  lines.on('line', (line) => (acknowledged = Math.max(acknowledged, Number(line))));
  await until('the agent to read', () => acknowledged > before, 20_000);
}

async function killChild(): Promise<void> {
  const killed = child;
  child = undefined;
  killed?.kill('SIGKILL');
  if (killed && killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit');
}

function countsOf(path: string): unknown[] {
  const samples = store.samples.filter((one) => one.path === path);
  return samples.sort((a, b) => a.sequence - b.sequence).map(({ value }) => value);
}

describe('an agent that is killed', () => {
  it(
    `loses nothing it has acknowledged and doubles nothing, ${KILLS} times`,
    { timeout: 30_000 + KILLS * 5_000 },
    async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        store.acknowledges = kill % 3 !== 2;
        await startChild();
        const goal = acknowledged + 20 + Math.floor(Math.random() * 80);
        await until(`count ${goal}`, () => acknowledged >= goal);
        await killChild();
      }
      store.acknowledges = true;
      await startChild();
      const last = acknowledged + 20;
      const isWhole = (signal: number): boolean =>
        countsOf(`Group/Signal${signal}`).filter((count) => Number(count) <= last).length >= last;
      await until('everything up to the last', () => [0, 1, 2, 3, 4].every(isWhole), 20_000);
      await killChild();
      for (let i = 0; i < 5; i += 1) {
        const upToLast = countsOf(`Group/Signal${i}`).filter((count) => Number(count) <= last);
        expect(upToLast).toEqual(Array.from({ length: last }, (_, n) => n + 1));
      }
      expect(store.forks).toBe(0);
      expect(store.streams.size).toBe(1);
    },
  );
});

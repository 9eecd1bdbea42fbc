/** The process that seals for a store: killed at any time it costs nothing, and it never outlives its owner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { createEmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { ALWAYS, SECOND, STREAM, T0, T0_MS, prepare, samplesRecord, signalOf, valuesOf } from './records.ts';

const CHILD = new URL('./embedded-crash.child.ts', import.meta.url).pathname;
const ROWS = 500;

afterEach(() => void vi.unstubAllEnvs());

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sealing-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

interface Seen {
  readonly pid: number;
  readonly niceness: number;
  /** Of its session among the others; undefined where the system does not share by session. */
  readonly sessionNiceness: number | undefined;
}

function sessionNiceness(pid: string): number | undefined {
  const file = `/proc/${pid}/autogroup`;
  return existsSync(file) ? Number(/nice (-?\d+)/.exec(readFileSync(file, 'utf8'))?.[1]) : undefined;
}

/** Sealing processes that have `mark` in their environment. */
function sealingProcesses(mark: string): Seen[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        if (!readFileSync(`/proc/${entry}/cmdline`, 'utf8').startsWith('historian-sealing')) return [];
        if (!readFileSync(`/proc/${entry}/environ`, 'utf8').includes(mark)) return [];
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (fields[0] === 'Z') return [];
        return [
          { pid: Number(entry), niceness: Number(fields[16]), sessionNiceness: sessionNiceness(entry) },
        ];
      } catch {
        return []; // ended meanwhile
      }
    });
}

it('loses and doubles nothing when it is killed, again and again, while it seals and merges', async () => {
  const dir = await folder();
  vi.stubEnv('SEALING_OF', dir);
  const store = createEmbeddedStore({
    dir,
    config: { hotRows: 1_000, filesPerDay: 4, retentionDays: 36_500, sealIntervalMs: 86_400_000 },
  });
  await store.start();
  onTestFinished(() => store.stop());
  const [signal = 0] = await prepare(store, ['Value']);
  await store.openStream(STREAM);
  let killed = 0;
  const expected: number[] = [];
  for (let sequence = 1; sequence <= 40; sequence += 1) {
    const rows = Array.from({ length: ROWS }, (_, i) => {
      const value = sequence * ROWS + i;
      return { signal, time: T0 + (BigInt(value) * SECOND) / 100n, value };
    });
    expected.push(...rows.map(({ value }) => value));
    await store.append([samplesRecord(sequence, rows)]);
    const sealed = store.maintain(T0_MS).catch(() => undefined);
    if (sequence % 5 === 0)
      for (const { pid, niceness, sessionNiceness } of sealingProcesses(dir)) {
        expect(niceness).toBe(19);
        expect(sessionNiceness ?? 19).toBe(19);
        process.kill(pid, 'SIGKILL');
        killed += 1;
      }
    await sealed;
  }
  expect(killed).toBeGreaterThan(4);
  await store.maintain(T0_MS);
  // A store that could not write finds out by itself, within a second, that it can again.
  await expect
    .poll(() => store.stats(), { timeout: 30_000 })
    .toMatchObject({ writable: true, samples: expected.length });
  expect(valuesOf(await store.samples(signalOf('Value'), ALWAYS, 1e7))).toEqual(expected);
  expect((await store.audit())[0]?.stored).toBe(expected.length);
  const days = readdirSync(join(dir, 'sealed'));
  expect(days.flatMap((day) => readdirSync(join(dir, 'sealed', day))).length).toBeLessThanOrEqual(2 * 4);
}, 240_000);

it('ends with its owner, killed or stopped', async () => {
  const dir = await folder();
  const owner = spawn(process.execPath, [CHILD, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SEALING_OF: dir },
  });
  for await (const line of createInterface({ input: owner.stdout }))
    if (Number(line) > 100 && sealingProcesses(dir).length === 1) break;
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  while (sealingProcesses(dir).length > 0) await delay(20);

  vi.stubEnv('SEALING_OF', dir);
  const store = createEmbeddedStore({ dir });
  await store.start();
  await store.maintain();
  expect(sealingProcesses(dir)).toHaveLength(1);
  await store.stop();
  expect(sealingProcesses(dir)).toHaveLength(0);
}, 60_000);

it('answers what was sealed last from memory, until it is merged or more is sealed', async () => {
  const dir = await folder();
  const store = createEmbeddedStore({ dir, config: { retentionDays: 36_500, filesPerDay: 4 } });
  await store.start();
  onTestFinished(() => store.stop());
  const [signal = 0] = await prepare(store, ['Value']);
  await store.openStream(STREAM);
  const read = async (): Promise<unknown> =>
    valuesOf(await store.samples(signalOf('Value'), ALWAYS, 9)).concat(
      await store.countSamples(signalOf('Value'), ALWAYS, 9),
    );
  const seal = async (sequence: number): Promise<void> => {
    const time = T0 + BigInt(sequence) * SECOND;
    const rows = [time, time + 1n].map((at) => ({ signal, time: at, value: sequence }));
    await store.append([samplesRecord(sequence, rows)]);
    await store.maintain(T0_MS);
  };
  await seal(1);
  const [day = ''] = readdirSync(join(dir, 'sealed'));
  const file = join(dir, 'sealed', day, '1.parquet');
  renameSync(file, `${file}.away`);
  expect(await read()).toEqual([1, 1, 2]);
  const firstHalf = { from: T0, to: T0 + SECOND + 1n };
  expect(await store.countSamples(signalOf('Value'), firstHalf, 9)).toBe(1);
  await seal(2);
  await expect(read()).rejects.toThrow(/1\.parquet/);
  renameSync(`${file}.away`, file);
  expect(await read()).toEqual([1, 1, 2, 2, 4]);
  for (const sequence of [3, 4, 5]) await seal(sequence);
  expect(readdirSync(join(dir, 'sealed', day)).length).toBeLessThan(10);
  expect(await store.countSamples(signalOf('Value'), ALWAYS, 99)).toBe(10);
}, 60_000);

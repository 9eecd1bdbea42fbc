import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProcessOutput } from '../../../services/centre/process-output.ts';
import { SupervisedProcess, backoffMs } from '../../../services/centre/supervised-process.ts';
import { Terminal } from '../../../services/centre/terminal.ts';
import { spawnUntilReady } from '../../support/spawned-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const READY = `process.stdout.write(JSON.stringify({ ready: true, name: 'stub' }) + '\\n');\n`;
const STAY = `setInterval(() => {}, 1000);\n`;
const LIFELINE = `process.once('disconnect', () => process.exit(0));\n`;

const running = new Set<SupervisedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((process) => process.stop(0)));
  running.clear();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function supervise(script: string, readyTimeoutMs = 10_000) {
  const folder = temporaryFolder('supervision');
  const logs = path.join(folder, 'log');
  mkdirSync(logs);
  const entry = path.join(folder, 'stub.mjs');
  writeFileSync(entry, script);
  const said: string[] = [];
  const terminal = new Terminal((text) => said.push(text));
  const supervised = new SupervisedProcess({
    spec: { name: 'stub', entry, configFile: path.join(folder, 'stub.yaml'), cwd: folder, readyTimeoutMs },
    output: new ProcessOutput('stub', logs, terminal),
    terminal,
    beforeRestart: () => Promise.resolve(),
    onRestarted: () => Promise.resolve(),
    onChange: () => undefined,
  });
  running.add(supervised);
  const pid = (): number => ('child' in supervised.state ? supervised.state.child.pid : -1);
  return { supervised, said, folder, pid, log: () => readFileSync(path.join(logs, 'stub.log'), 'utf8') };
}

describe('a supervised process', () => {
  it('is ready when it says so, and is gone after an orderly stop', async () => {
    const { supervised, pid, folder } = supervise(
      `import fs from 'node:fs';\nprocess.on('SIGTERM', () => { fs.writeFileSync('orderly', ''); process.exit(0); });\n${READY}${STAY}`,
    );
    await supervised.start();
    const started = pid();
    expect(isAlive(started)).toBe(true);
    await supervised.stop(5_000);
    expect(isAlive(started)).toBe(false);
    expect(readFileSync(path.join(folder, 'orderly'), 'utf8')).toBe('');
  });

  it('is started again when it crashes, and the crash is named', async () => {
    const { supervised, said, pid } = supervise(`${READY}${STAY}`);
    await supervised.start();
    const first = pid();
    process.kill(first, 'SIGKILL');
    await vi.waitFor(
      () => {
        expect(said.join('')).toContain('stub is up again');
      },
      { timeout: 10_000 },
    );
    expect(said.join('')).toContain('stub ended unexpectedly (SIGKILL); starting it again in 1 s');
    expect(pid()).not.toBe(first);
    expect(isAlive(pid())).toBe(true);
  });

  it('waits longer from crash to crash, up to a bound', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map(backoffMs)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('that cannot start fails with its own last words', async () => {
    const { supervised } = supervise(
      `process.stderr.write('The journal is locked.\\n');\nprocess.exit(3);\n`,
    );
    await expect(supervised.start()).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: 'stub could not be started: The journal is locked.',
    });
  });

  it('that stays silent is given up, and ended', async () => {
    const { supervised, said } = supervise(STAY, 300);
    await expect(supervised.start()).rejects.toThrow('it was not ready after 0.3 s');
    expect(supervised.state.kind).toBe('stopped');
    expect(said).toEqual([]);
  });

  it('that ignores SIGTERM is ended by force, with what it started', async () => {
    const { supervised, said, pid, log } = supervise(
      `import { spawn } from 'node:child_process';\n` +
        `const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]);\n` +
        `console.log('grandchild ' + child.pid);\nprocess.on('SIGTERM', () => {});\n${READY}${STAY}`,
    );
    await supervised.start();
    const started = pid();
    const grandchild = Number(/grandchild (\d+)/.exec(log())?.[1]);
    expect(isAlive(grandchild)).toBe(true);
    await supervised.stop(200);
    expect(said.join('')).toContain('does not stop: ending it by force');
    expect(isAlive(started)).toBe(false);
    await vi.waitFor(
      () => {
        expect(isAlive(grandchild)).toBe(false);
      },
      { timeout: 10_000 },
    );
  });

  it('is not started again once it was stopped while waiting', async () => {
    const { supervised, said, pid } = supervise(`${READY}${STAY}`);
    await supervised.start();
    process.kill(pid(), 'SIGKILL');
    await vi.waitFor(
      () => {
        expect(supervised.state.kind).toBe('waiting');
      },
      { timeout: 10_000 },
    );
    await supervised.stop(1_000);
    await delay(1_200); // longer than the pause that was under way
    expect(supervised.state.kind).toBe('stopped');
    expect(said.join('')).not.toContain('up again');
  });

  it('shows its warnings and errors, and keeps everything in its log', async () => {
    const line = (level: number, msg: string): string =>
      `console.log(JSON.stringify({ level: ${level}, msg: '${msg}' }));\n`;
    const { supervised, said, log } = supervise(
      `${line(30, 'quiet')}${line(40, 'careful')}${line(50, 'broken')}${READY}${STAY}`,
    );
    await supervised.start();
    expect(said.map((text) => text.trim().replace(/^\S+ s {2}/, ''))).toEqual([
      'stub warning: careful',
      'stub error: broken',
    ]);
    expect(log()).toContain('quiet');
  });
});

it('a child whose supervisor was killed ends by itself', async () => {
  const folder = temporaryFolder('lifeline');
  writeFileSync(path.join(folder, 'stub.mjs'), `${LIFELINE}${READY}${STAY}`);
  const launcher = path.resolve(import.meta.dirname, '../../../services/centre/launched-child.ts');
  const spec = {
    name: 'stub',
    entry: path.join(folder, 'stub.mjs'),
    configFile: 'none',
    cwd: folder,
    readyTimeoutMs: 10_000,
  };
  writeFileSync(
    path.join(folder, 'supervisor.mjs'),
    `import { launchChild } from ${JSON.stringify(launcher)};\n` +
      `const child = launchChild(${JSON.stringify(spec)}, { stdout: () => {}, stderr: () => {} });\n` +
      `await child.ready;\nconsole.log(JSON.stringify({ ready: true, child: child.pid }));\n`,
  );
  const supervisor = await spawnUntilReady(process.execPath, { args: [path.join(folder, 'supervisor.mjs')] });
  const { child } = JSON.parse(supervisor.readyLine) as { child: number };
  expect(isAlive(child)).toBe(true);
  supervisor.kill('SIGKILL');
  await vi.waitFor(
    () => {
      expect(isAlive(child)).toBe(false);
    },
    { timeout: 5_000 },
  );
});

import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'vitest';
import type { TestContext } from 'vitest';
import { skipMark } from './skip-mark.ts';

/** Programs outside npm that some tests run against. */
export type ProgramName = 'chromium' | 'influxd' | 'mosquitto' | 'docker' | 'libfaketime' | 'systemd-analyze';

interface Program {
  /** What a user does to get it. */
  readonly remedy: string;
  readonly find: () => string | undefined;
}

const ENGINE_TIMEOUT_MS = 5000;

function inPath(...names: readonly string[]): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
  ];
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

/** The docker command alone proves nothing: an engine has to answer. */
function dockerEngine(): string | undefined {
  const command = inPath('docker');
  if (command === undefined) return undefined;
  try {
    execFileSync(command, ['info', '--format', '{{.ServerVersion}}'], {
      timeout: ENGINE_TIMEOUT_MS,
      stdio: 'pipe',
    });
    return command;
  } catch {
    return undefined;
  }
}

const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  chromium: {
    remedy: 'apt-get install chromium',
    find: () => process.env['CHROMIUM'] ?? inPath('chromium', 'chromium-browser', 'google-chrome'),
  },
  influxd: { remedy: 'apt-get install influxdb', find: () => inPath('influxd') },
  mosquitto: { remedy: 'apt-get install mosquitto', find: () => inPath('mosquitto') },
  docker: { remedy: 'start a Docker engine that this user may use', find: dockerEngine },
  'systemd-analyze': { remedy: 'apt-get install systemd', find: () => inPath('systemd-analyze') },
  libfaketime: {
    remedy: 'apt-get install libfaketime',
    find: () => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0],
  },
};

const found = new Map<ProgramName, string | undefined>();

/** Path of the program, or undefined when this machine has none. Looked up once per worker. */
export function findProgram(name: ProgramName): string | undefined {
  if (!found.has(name)) found.set(name, PROGRAMS[name].find());
  return found.get(name);
}

/** `describe` for tests that need a program; where it is absent they are skipped with what to install. */
export function describeWith(name: ProgramName, title: string, body: (programPath: string) => void): void {
  const programPath = findProgram(name);
  if (programPath === undefined) {
    describe.skip(`${title} ${skipMark(name, PROGRAMS[name].remedy)}`, () => {
      body('');
    });
    return;
  }
  describe(title, () => {
    body(programPath);
  });
}

/** Path of the program; where it is absent the running test is skipped with what to install. */
export function requireProgram(context: TestContext, name: ProgramName): string {
  return findProgram(name) ?? context.skip(skipMark(name, PROGRAMS[name].remedy));
}

/** Skips a timing assertion that this machine, loaded by others, cannot give a fair chance. */
export function skipTiming(context: TestContext, reason: string): never {
  return context.skip(skipMark('timing', reason));
}

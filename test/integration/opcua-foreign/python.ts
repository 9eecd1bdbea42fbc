/** The Python with asyncua in it: a folder that `npm run foreign` makes once, or one given by OPCUA_FOREIGN_PYTHON. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';

const FOLDER = join(REPOSITORY_ROOT, '.cache', 'opcua-foreign');
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
export const REMEDY = 'npm run foreign (needs python3 with venv, and once the Python package index)';
const PROBE_MS = 20_000;
const INSTALL_MS = 300_000;

const inFolder = (): string =>
  process.platform === 'win32' ? join(FOLDER, 'Scripts', 'python.exe') : join(FOLDER, 'bin', 'python');

/** Path of a Python that has asyncua; `undefined` where there is none. */
export function findPython(): string | undefined {
  const python = process.env['OPCUA_FOREIGN_PYTHON'] ?? inFolder();
  if (process.env['OPCUA_FOREIGN_PYTHON'] === undefined && !existsSync(python)) return undefined;
  try {
    execFileSync(python, ['-c', 'import asyncua'], { timeout: PROBE_MS, stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}

/** Makes the folder where it is not there yet. @throws when Python or its package index cannot be had */
export async function installPython(): Promise<string> {
  const found = findPython();
  if (found !== undefined) return found;
  const run = promisify(execFile);
  const options = { timeout: INSTALL_MS, maxBuffer: 16 * 1024 * 1024 };
  await run(process.env['PYTHON'] ?? 'python3', ['-m', 'venv', '--clear', FOLDER], options);
  await run(
    inFolder(),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS],
    options,
  );
  return inFolder();
}

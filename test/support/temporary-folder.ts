import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder, for suites that remove it themselves. */
export function makeTemporaryFolder(name = 'brest'): string {
  return mkdtempSync(path.join(tmpdir(), `${name}-`));
}

/** A new empty folder that goes when the running test ends. */
export function temporaryFolder(name = 'brest'): string {
  const folder = makeTemporaryFolder(name);
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}

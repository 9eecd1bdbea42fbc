import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { onTestFinished, type TestContext } from 'vitest';
import { skipMark } from './skip-mark.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** A file system of so many MiB, unmounted when the test ends; where nobody lets us mount one the test is skipped, and says why. */
export function smallDisk(context: TestContext, mebibytes: number): string {
  const at = makeTemporaryFolder('small-disk');
  onTestFinished(() => rmSync(at, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', at], { stdio: 'ignore' });
  } catch {
    return context.skip(skipMark('root', 'run as root, who may mount a small tmpfs'));
  }
  onTestFinished(() => void execFileSync('umount', ['-l', at]));
  return at;
}

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { globSync } from 'node:fs';
import path from 'node:path';

const NEVER = new Set(['node_modules', '.git', 'var', 'dist', 'coverage']);

/**
 * Files of the project, relative to `root`, with forward slashes: what git tracks or would track; without git
 * (an unpacked archive, a fixture) everything but installed, built and run-time folders.
 */
export function repositoryFiles(root: string): readonly string[] {
  if (existsSync(path.join(root, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return listed.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
  }
  const found = globSync(['**/*', '.*/**/*'], {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => NEVER.has(entry.name),
  });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { REPOSITORY_ROOT } from './spawned-process.ts';

/** The commit that runs, `-dirty` when anything but `record`, which a run writes itself, differs from it. */
export function commitName(record: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: REPOSITORY_ROOT, encoding: 'utf8' }).trim();
  const except = `:!${path.relative(REPOSITORY_ROOT, record)}`;
  const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', except);
  return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '-dirty'}`;
}

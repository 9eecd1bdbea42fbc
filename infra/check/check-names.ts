import path from 'node:path';
import { repositoryFiles } from './repository-files.ts';
import type { Violation } from './violation.ts';

const VAGUE = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'stuff', 'tools']);
const SOURCE = /\.(ts|tsx|js|mjs)$/;

/** A file called after nothing collects everything: vague file and folder names are refused. */
export function checkNames(root: string): Promise<readonly Violation[]> {
  const violations = repositoryFiles(root)
    .filter((file) => SOURCE.test(file))
    .flatMap((file): Violation[] => {
      const vague = file.split('/').find((part) => VAGUE.has(path.basename(part).split('.')[0] ?? ''));
      if (vague === undefined) return [];
      return [
        {
          rule: 'no-vague-names',
          where: file,
          message: `'${vague}' says nothing; name it after what it does`,
        },
      ];
    });
  return Promise.resolve(violations);
}

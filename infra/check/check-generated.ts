import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REFERENCE_FOLDER, generateReference } from '../generate/reference.ts';
import { repositoryFiles } from './repository-files.ts';
import type { Violation } from './violation.ts';

/** docs/reference is exactly what the schemas give: nothing stale, missing or left over. */
export async function checkGenerated(root: string): Promise<readonly Violation[]> {
  const wanted = await generateReference(root);
  const present = repositoryFiles(root).filter((file) => file.startsWith(`${REFERENCE_FOLDER}/`));
  const differing = [...wanted].flatMap(([file, text]): Violation[] => {
    const absolute = path.join(root, file);
    if (!existsSync(absolute))
      return [{ rule: 'generated-up-to-date', where: file, message: 'missing: npm run generate' }];
    if (readFileSync(absolute, 'utf8') === text) return [];
    return [
      { rule: 'generated-up-to-date', where: file, message: 'differs from its schema: npm run generate' },
    ];
  });
  const leftOver = present
    .filter((file) => !wanted.has(file))
    .map((file) => ({
      rule: 'generated-up-to-date',
      where: file,
      message: 'no schema makes this file: npm run generate',
    }));
  return [...differing, ...leftOver];
}

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from './spawned-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A small repository in a temporary folder: the given files (path -> text), our package.json unless given, our packages. */
export function fixtureRepository(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder('fixture');
  symlinkSync(path.join(REPOSITORY_ROOT, 'node_modules'), path.join(root, 'node_modules'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

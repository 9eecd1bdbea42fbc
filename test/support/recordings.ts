import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'vitest';
import { skipMark } from './skip-mark.ts';
import { REPOSITORY_ROOT } from './spawned-process.ts';

/** Where the real recordings lie beside the project; they are no part of it. */
const RECORDINGS = path.join(REPOSITORY_ROOT, '../shared/data');

/** Path of a real recording, or undefined where it is absent. */
export function findRecording(file: string): string | undefined {
  const found = path.join(RECORDINGS, file);
  return existsSync(found) ? found : undefined;
}

/** Path of a real recording; where it is absent the running test is skipped with what to do. */
export function requireRecording(context: TestContext, file: string): string {
  return findRecording(file) ?? context.skip(skipMark('recordings', 'put SKAB and NAB into ../shared/data'));
}

import path from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFiles } from '../../infra/check/repository-files.ts';
import { SUITES } from '../../vitest.config.ts';
import { LONGEST } from '../support/longest-first.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

const suitesOf = (file: string): string[] =>
  SUITES.filter(({ include }) => include.some((pattern) => path.matchesGlob(file, pattern))).map(
    ({ name }) => name,
  );

it('every test file belongs to exactly one suite', () => {
  const files = repositoryFiles(REPOSITORY_ROOT).filter((file) => /\.test\.tsx?$/.test(file));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => suitesOf(file).length !== 1)).toEqual([]);
});

it('those that are begun first are there', () => {
  const files = new Set(repositoryFiles(REPOSITORY_ROOT));
  expect(LONGEST.filter((file) => !files.has(file))).toEqual([]);
});

it('would notice a test file that no suite runs', () => {
  expect(suitesOf('test/forgotten/a.test.ts')).toEqual([]);
  expect(suitesOf('services/broker/a.test.ts')).toEqual(['unit']);
});

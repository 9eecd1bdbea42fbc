import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { problemKey } from '../../dashboards/machines/path-problem.ts';
import { SOCKET_CHECKS } from '#platform/socket-checks.ts';

const SOURCES = globSync('edge-agent/sources/opcua/*.ts').filter((file) => !file.endsWith('.test.ts'));
const read = (file: string): string => readFileSync(file, 'utf8');
const found = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, code = '']) => code);
/** Nobody reads why a machine is not read while its agent stops. */
const UNSAID = new Set(['STOPPED']);

it('has a sentence in the language of the page for whatever the agent says of a machine that it cannot read', () => {
  const own = SOURCES.flatMap((file) => found(read(file), /new UaFailure\(\s*'\w+',\s*'(\w+)'/g));
  const verdicts = found(read('edge-agent/sources/opcua/failure.ts'), /\[\s*StatusCodes\.(\w+)\.value,/g);
  expect(own.length).toBeGreaterThan(8);
  expect(verdicts.length).toBeGreaterThan(15);
  const codes = [...Object.keys(SOCKET_CHECKS), ...own, ...verdicts].filter((code) => !UNSAID.has(code));
  expect(codes.filter((code) => problemKey(code) === undefined)).toEqual([]);
});

it('leaves an unknown code to the words of the agent', () => {
  expect(problemKey('BadSomethingElse')).toBeUndefined();
});

import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkNames } from '../../infra/check/check-names.ts';
import { runTool } from '../../infra/check/tool-step.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

const calls = (count: number): string =>
  Array.from({ length: count }, (_unused, index) => `  use(${index});`).join('\n');

/** File with a planted violation -> the rule that has to find it. */
const PLANTED: Readonly<Record<string, readonly [rule: string, text: string]>> = {
  'services/long-function.ts': [
    'max-lines-per-function',
    `declare function use(n: number): void;\nexport function long(): void {\n${calls(61)}\n}\n`,
  ],
  'services/long-file.ts': ['max-lines', `export const a = 1;\n${'// line\n'.repeat(401)}`],
  'services/many-parameters.ts': [
    'max-params',
    'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): unknown => [a, b, c, d, e];\n',
  ],
  'services/default-export.ts': ['no-default-export', 'const a = 1;\nexport default a;\n'],
  'services/talkative.ts': ['no-console', "console.log('x');\nexport {};\n"],
  'services/untyped.ts': ['no-explicit-any', 'export const a = (b: any): unknown => b;\n'],
  'services/floating.ts': [
    'no-floating-promises',
    'const f = async (): Promise<void> => {};\nexport const g = (): void => { f(); };\n',
  ],
  'services/camelCase.ts': ['filename-case', 'export const a = 1;\n'],
};
const SOUND = {
  'edge-agent/cli.ts': "console.log('x');\nexport {};\n",
  'services/sound.ts': 'export const a = 1;\n',
};

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

const ruleOf = (code: string): string => /\((.+)\)/.exec(code)?.[1] ?? code;

/** Starting the type-aware linter takes its time: one run for all cases. */
async function lintPlanted(): Promise<readonly Diagnostic[]> {
  const files = Object.fromEntries(Object.entries(PLANTED).map(([file, [, text]]) => [file, text]));
  const root = fixtureRepository({ 'package.json': '{"type":"module"}', ...files, ...SOUND });
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) {
    copyFileSync(path.join(REPOSITORY_ROOT, name), path.join(root, name));
  }
  const linter = path.join(REPOSITORY_ROOT, 'node_modules/oxlint/bin/oxlint');
  const { ok, output } = await runTool(root, linter, ['--type-aware', '--deny-warnings', '--format=json']);
  expect(ok).toBe(false);
  return (JSON.parse(output) as { diagnostics: Diagnostic[] }).diagnostics;
}

it('each lint rule finds its planted violation, and nothing else is found', async () => {
  const found = Object.groupBy(await lintPlanted(), ({ filename }) => filename);
  const rules = Object.entries(found).map(([file, all = []]) => [file, all.map(({ code }) => ruleOf(code))]);
  expect(Object.fromEntries(rules)).toEqual(
    Object.fromEntries(Object.entries(PLANTED).map(([file, [rule]]) => [file, [rule]])),
  );
});

it('the name check refuses a vague file name', async () => {
  const root = fixtureRepository({ 'services/utils.ts': '', 'services/good-name.ts': '' });
  expect((await checkNames(root)).map(({ where }) => where)).toEqual(['services/utils.ts']);
});

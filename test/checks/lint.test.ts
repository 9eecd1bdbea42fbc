import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../infra/check/tool-step.ts';
import { checkNames } from '../../infra/check/check-names.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

const lines = (count: number): string =>
  Array.from({ length: count }, (_unused, index) => `  use(${index});`).join('\n');

async function lint(file: string, text: string): Promise<string> {
  const root = fixtureRepository({ [file]: text });
  for (const name of ['.oxlintrc.json', 'tsconfig.json'])
    copyFileSync(path.join(REPOSITORY_ROOT, name), path.join(root, name));
  writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
  const { output } = await runTool(root, path.join(REPOSITORY_ROOT, 'node_modules/oxlint/bin/oxlint'), [
    '--type-aware',
    '--deny-warnings',
  ]);
  return output;
}

describe('lint rules', () => {
  it.each([
    [
      'a long function',
      'max-lines-per-function',
      `declare function use(n: number): void;\nexport function long(): void {\n${lines(61)}\n}\n`,
    ],
    ['a long file', 'max-lines', `export const a = 1;\n${'// line\n'.repeat(401)}`],
    [
      'five parameters',
      'max-params',
      'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): unknown => [a, b, c, d, e];\n',
    ],
    ['a default export', 'no-default-export', 'const a = 1;\nexport default a;\n'],
    ['console', 'no-console', "console.log('x');\nexport {};\n"],
    ['any', 'no-explicit-any', 'export const a = (b: any): unknown => b;\n'],
    [
      'a floating promise',
      'no-floating-promises',
      'const f = async (): Promise<void> => {};\nexport const g = (): void => { f(); };\n',
    ],
  ])('refuse %s', async (_title, rule, text) => {
    expect(await lint('services/sample.ts', text)).toContain(rule);
  });

  it('refuse a file name that is not kebab-case, and a vague one', async () => {
    expect(await lint('services/sampleFile.ts', 'export const a = 1;\n')).toContain('filename-case');
    const root = fixtureRepository({ 'services/utils.ts': '', 'services/good-name.ts': '' });
    expect((await checkNames(root)).map(({ where }) => where)).toEqual(['services/utils.ts']);
  });

  it('accept a sound file, and console in a CLI', async () => {
    expect(await lint('edge-agent/cli.ts', "console.log('x');\nexport {};\n")).toContain(
      '0 warnings and 0 errors',
    );
  });
});

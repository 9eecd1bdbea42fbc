import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkImports } from '../../infra/check/check-imports.ts';
import { MINIMUM_MODULES } from '../../infra/check/steps.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';

const MANIFEST = readFileSync(path.join(REPOSITORY_ROOT, 'package.json'), 'utf8');

async function rulesBrokenBy(files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = fixtureRepository({ 'package.json': MANIFEST, ...files });
  return (await checkImports(root, 1)).map(({ rule }) => rule);
}

const value = 'export const value = 1;\n';
const importing = (target: string): string =>
  `import { value } from '${target}';\nexport const other = value;\n`;

describe('import rules', () => {
  it('accepts a layout that keeps the rules', async () => {
    const broken = await rulesBrokenBy({
      'services/shared/domain/a.ts': value,
      'services/shared/contracts/b.ts': `import { value } from '#domain/a.ts';\nimport { z } from 'zod';\nexport const other = [z, value];\n`,
      'services/broker/c.ts': importing('#domain/a.ts'),
      'services/ingest/d.ts': value,
      'services/main.ts': `import { value } from './ingest/d.ts';\nimport { other } from './broker/c.ts';\nexport const all = [value, other];\n`,
    });
    expect(broken).toEqual([]);
  });

  it.each([
    [
      'domain imports contracts',
      'domain-imports-nothing',
      'services/shared/domain/a.ts',
      '#contracts/b.ts',
      'services/shared/contracts/b.ts',
    ],
    [
      'contracts import platform',
      'contracts-import-domain-only',
      'services/shared/contracts/a.ts',
      '#platform/b.ts',
      'services/shared/platform/b.ts',
    ],
    [
      'platform imports domain',
      'platform-knows-no-factory-word',
      'services/shared/platform/a.ts',
      '#domain/b.ts',
      'services/shared/domain/b.ts',
    ],
    [
      'the agent imports the broker',
      'app-imports-no-other-app:edge-agent',
      'edge-agent/a.ts',
      '../services/broker/b.ts',
      'services/broker/b.ts',
    ],
    [
      'ingest imports the api',
      'app-imports-no-other-app:services/ingest',
      'services/ingest/a.ts',
      '../api/b.ts',
      'services/api/b.ts',
    ],
    [
      'shared imports an app',
      'shared-and-infra-import-no-app',
      'services/shared/platform/a.ts',
      '../../../simulators/b.ts',
      'simulators/b.ts',
    ],
    [
      'a store picked outside main',
      'only-main-picks-a-store',
      'services/historian/a.ts',
      './embedded/b.ts',
      'services/historian/embedded/b.ts',
    ],
    [
      'one store knows the other',
      'stores-do-not-know-each-other',
      'services/historian/influxdb/a.ts',
      '../embedded/b.ts',
      'services/historian/embedded/b.ts',
    ],
    [
      'dashboards use a contract at run time',
      'dashboards-import-types-of-contracts-only',
      'dashboards/src/a.ts',
      '../../services/shared/contracts/b.ts',
      'services/shared/contracts/b.ts',
    ],
    [
      'an app imports test',
      'nothing-imports-test',
      'simulators/a.ts',
      '../test/support/b.ts',
      'test/support/b.ts',
    ],
    [
      'an app imports a unit test',
      'nothing-imports-test',
      'simulators/a.ts',
      './b.test.ts',
      'simulators/b.test.ts',
    ],
  ])('refuses: %s', async (_title, rule, from, specifier, to) => {
    expect(await rulesBrokenBy({ [from]: importing(specifier), [to]: value })).toContain(rule);
  });

  it('refuses a cycle, also one of types alone', async () => {
    const broken = await rulesBrokenBy({
      'simulators/a.ts': `import type { B } from './b.ts';\nexport interface A { b: B }\n`,
      'simulators/b.ts': `import type { A } from './a.ts';\nexport interface B { a: A }\n`,
    });
    expect(broken).toContain('no-cycles');
  });

  it('refuses imports that resolve to nothing, and undeclared packages', async () => {
    expect(await rulesBrokenBy({ 'simulators/a.ts': importing('./absent.ts') })).toContain(
      'no-unresolvable-imports',
    );
    expect(await rulesBrokenBy({ 'simulators/a.ts': importing('semver') })).toContain(
      'no-undeclared-packages',
    );
    expect(await rulesBrokenBy({ 'simulators/a.ts': importing('fast-check') })).toContain(
      'no-development-packages-at-run-time',
    );
  });

  it('refuses a client package in two folders of one app', async () => {
    const one = { 'edge-agent/publish/a.ts': importing('mqtt') };
    expect(await rulesBrokenBy(one)).toEqual([]);
    expect(await rulesBrokenBy({ ...one, 'edge-agent/pipeline/b.ts': importing('mqtt') })).toContain(
      'one-folder-per-client',
    );
  });

  it('refuses to call nothing a success', async () => {
    const root = fixtureRepository({ 'package.json': MANIFEST, 'simulators/a.ts': value });
    expect((await checkImports(root, MINIMUM_MODULES)).map(({ rule }) => rule)).toEqual([
      'minimum-module-count',
    ]);
  });
});

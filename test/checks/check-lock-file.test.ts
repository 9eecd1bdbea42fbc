import { describe, expect, it } from 'vitest';
import { checkLockFile } from '../../infra/check/check-lock-file.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';

const SOUND = {
  '': { dependencies: { tool: '1.0.0' } },
  'node_modules/tool': {
    version: '1.0.0',
    integrity: 'sha512-x',
    optionalDependencies: { 'tool-linux': '1.0.0', 'tool-android': '1.0.0' },
  },
  'node_modules/tool-linux': { version: '1.0.0', integrity: 'sha512-y', optional: true },
  'node_modules/tool/node_modules/tool-android': { version: '1.0.0', optional: true },
};

async function rulesBrokenBy(packages: unknown, manifest: unknown = SOUND['']): Promise<string[]> {
  const root = fixtureRepository({
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }),
  });
  return (await checkLockFile(root)).map(({ rule }) => rule);
}

describe('lock file check', () => {
  it('accepts a complete lock file', async () => {
    expect(await rulesBrokenBy(SOUND)).toEqual([]);
  });

  it('refuses an optional platform package without an entry', async () => {
    const { 'node_modules/tool-linux': _absent, ...rest } = SOUND;
    expect(await rulesBrokenBy(rest)).toEqual(['lock-names-every-platform']);
  });

  it('refuses an address of a registry', async () => {
    const packages = {
      ...SOUND,
      'node_modules/tool-linux': {
        version: '1.0.0',
        optional: true,
        resolved: 'https://registry.example/x.tgz',
      },
    };
    expect(await rulesBrokenBy(packages)).toEqual(['lock-names-no-registry']);
  });

  it('refuses a required package without a hash', async () => {
    expect(await rulesBrokenBy({ ...SOUND, 'node_modules/bare': { version: '1.0.0' } })).toEqual([
      'lock-has-integrity',
    ]);
  });

  it('refuses a lock that is behind package.json', async () => {
    expect(await rulesBrokenBy(SOUND, { dependencies: { tool: '1.0.1' } })).toEqual([
      'lock-agrees-with-manifest',
    ]);
  });
});

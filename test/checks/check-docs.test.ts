import { describe, expect, it } from 'vitest';
import { checkDocs } from '../../infra/check/check-docs.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';

const REPOSITORY = {
  'package.json': JSON.stringify({ scripts: { start: 'x', check: 'x' } }),
  'services/api/main.ts': '',
  'docs/architecture.md': '',
  'docs/reference/openapi.json': JSON.stringify({ paths: { '/api/v1/machines/{site}/{machine}': {} } }),
};

async function complaintsAbout(readme: string): Promise<string[]> {
  const root = fixtureRepository({ ...REPOSITORY, 'README.md': readme });
  return (await checkDocs(root)).map(({ where, message }) => `${where} ${message}`);
}

describe('documents check', () => {
  it('accepts what exists, globs, run-time folders and words that only look like paths', async () => {
    const readme = [
      'See `services/api/main.ts`, `services/*/main.ts`, `services/{api,none}/`, [how](docs/architecture.md#top), [out](https://a.example/b).',
      'State lives in `var/secrets`; signal `Spindle/Load`; run `npm start -- --help` or `npm run check`.',
      'Ask `GET /api/v1/machines/brest/cnc-01`.',
      '```',
      'npm start',
      'curl http://127.0.0.1:8080/api/v1/machines/brest/pump-01',
      '```',
    ].join('\n');
    expect(await complaintsAbout(readme)).toEqual([]);
  });

  it.each([
    ['a path', 'See `services/api/gone.ts`.', 'README.md:1 there is no services/api/gone.ts'],
    ['a path in a fence', '```\ncat services/gone.yaml\n```', 'README.md:2 there is no services/gone.yaml'],
    ['a script', 'Run `npm run gone`.', "README.md:1 there is no npm script 'gone'"],
    ['a script in a fence', '```\nnpm test\n```', "README.md:2 there is no npm script 'test'"],
    [
      'a route',
      'Ask `/api/v1/gone`.',
      'README.md:1 the API has no route /api/v1/gone (docs/reference/openapi.json)',
    ],
    ['a link', '[x](docs/gone.md)', 'README.md:1 the link leads nowhere: docs/gone.md'],
  ])('refuses %s that does not exist', async (_title, readme, complaint) => {
    expect(await complaintsAbout(readme)).toEqual([complaint]);
  });
});

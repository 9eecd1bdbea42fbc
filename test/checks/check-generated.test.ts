import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkGenerated } from '../../infra/check/check-generated.ts';
import { generateReference } from '../../infra/generate/reference.ts';
import { fixtureRepository } from '../support/fixture-repository.ts';

const SCHEMA = `import { z } from 'zod';\nexport const brokerConfigSchema = z.object({ port: z.int().default(1883) });\n`;

async function generatedRepository(): Promise<string> {
  const root = fixtureRepository({
    'package.json': '{"type":"module"}',
    'services/shared/contracts/config/broker.ts': SCHEMA,
  });
  for (const [file, text] of await generateReference(root)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

describe('generated files check', () => {
  it('accepts what the schemas give', async () => {
    const root = await generatedRepository();
    expect((await generateReference(root)).size).toBeGreaterThan(0);
    expect(await checkGenerated(root)).toEqual([]);
  });

  it('refuses a changed, a missing and a left-over file', async () => {
    const root = await generatedRepository();
    const schemaFile = path.join(root, 'docs/reference/config/broker.schema.json');
    writeFileSync(schemaFile, '{}\n');
    writeFileSync(path.join(root, 'docs/reference/left-over.json'), '{}\n');
    const messages = (await checkGenerated(root)).map(({ where, message }) => `${where}: ${message}`);
    expect(messages).toEqual([
      'docs/reference/config/broker.schema.json: differs from its schema: npm run generate',
      'docs/reference/left-over.json: no schema makes this file: npm run generate',
    ]);
  });
});

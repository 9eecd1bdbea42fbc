import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const CONFIG_FOLDER = 'services/shared/contracts/config';

const kebab = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.ZodType;
}

/** The schema that a file is named after: config/edge-agent.ts exports `edgeAgentConfigSchema` (or `EdgeAgentConfig`). */
function mainSchema(moduleName: string, exports: Readonly<Record<string, unknown>>): z.ZodType | undefined {
  const accepted = new Set([
    moduleName,
    `${moduleName}-schema`,
    `${moduleName}-config`,
    `${moduleName}-config-schema`,
  ]);
  const found = Object.entries(exports).find(([name, value]) => accepted.has(kebab(name)) && isSchema(value));
  return found === undefined ? undefined : (found[1] as z.ZodType);
}

/**
 * JSON Schemas of every configuration file, for editors: output path -> text.
 * @param root folder of the repository
 */
export async function configSchemas(root: string): Promise<ReadonlyMap<string, string>> {
  const folder = path.join(root, CONFIG_FOLDER);
  const outputs = new Map<string, string>();
  if (!existsSync(folder)) return outputs;
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.includes('.test.'));
  for (const file of sources.sort()) {
    const name = path.basename(file, '.ts');
    const exports = (await import(pathToFileURL(path.join(folder, file)).href)) as Record<string, unknown>;
    const schema = mainSchema(name, exports);
    if (schema === undefined) continue; // a part that several configurations share
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    outputs.set(`docs/reference/config/${name}.schema.json`, `${JSON.stringify(json, null, 2)}\n`);
  }
  return outputs;
}

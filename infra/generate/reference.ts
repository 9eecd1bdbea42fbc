import { configSchemas } from './config-schemas.ts';
import { openApiDocument } from './openapi.ts';
import { simulatedMachines } from './simulated-machines.ts';
import { storeConformance } from './store-conformance.ts';

/** Folder that holds nothing but generated files. */
export const REFERENCE_FOLDER = 'docs/reference';

function index(files: Iterable<string>): string {
  const names = [...files].map((file) => file.slice(REFERENCE_FOLDER.length + 1));
  const list = names.map((name) => `- [${name}](${name})`).join('\n');
  return `# Reference\n\nGenerated from the zod schemas, the plants and the tests of the stores by \`npm run generate\`: edit those, not these.\n\n${list}\n`;
}

/** Everything under docs/reference as it should be: path relative to `root` -> text. */
export async function generateReference(root: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    ...(await configSchemas(root)),
    ...(await openApiDocument(root)),
    ...(await simulatedMachines(root)),
    ...storeConformance(root),
  ]);
  return files.set(`${REFERENCE_FOLDER}/README.md`, index(files.keys()));
}

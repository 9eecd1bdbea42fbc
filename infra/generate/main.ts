import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOptions } from '#platform/command-line.ts';
import { GRAFANA_FOLDER, grafanaDashboards } from './grafana.ts';
import { REFERENCE_FOLDER, generateReference } from './reference.ts';

commandOptions(
  {},
  `Writes docs/reference from the schemas, and Grafana's dashboards from the signals. \`npm run check\` refuses stale ones.

  npm run generate
`,
);

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const files = new Map([...(await generateReference(root)), ...(await grafanaDashboards(root))]);
for (const folder of [REFERENCE_FOLDER, GRAFANA_FOLDER])
  rmSync(path.join(root, folder), { recursive: true, force: true });
for (const [file, text] of files) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
  process.stdout.write(`${file}\n`);
}
process.stdout.write(`${files.size} files generated\n`);

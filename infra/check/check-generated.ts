import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { GRAFANA_FOLDER, grafanaDashboards } from '../generate/grafana.ts';
import { REFERENCE_FOLDER, generateReference } from '../generate/reference.ts';
import { repositoryFiles } from './repository-files.ts';
import type { Violation } from './violation.ts';

/** docs/reference and Grafana's dashboards are exactly what their sources give: nothing stale, missing or left over. */
export async function checkGenerated(root: string): Promise<readonly Violation[]> {
  const wanted = new Map([...(await generateReference(root)), ...(await grafanaDashboards(root))]);
  const present = repositoryFiles(root).filter((file) =>
    [REFERENCE_FOLDER, GRAFANA_FOLDER].some((folder) => file.startsWith(`${folder}/`)),
  );
  const differing = [...wanted].flatMap(([file, text]): Violation[] => {
    const absolute = path.join(root, file);
    if (!existsSync(absolute))
      return [{ rule: 'generated-up-to-date', where: file, message: 'missing: npm run generate' }];
    if (readFileSync(absolute, 'utf8') === text) return [];
    return [
      { rule: 'generated-up-to-date', where: file, message: 'differs from its schema: npm run generate' },
    ];
  });
  const leftOver = present
    .filter((file) => !wanted.has(file))
    .map((file) => ({
      rule: 'generated-up-to-date',
      where: file,
      message: 'no schema makes this file: npm run generate',
    }));
  return [...differing, ...leftOver];
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult, IModule } from 'dependency-cruiser';
import { APPS, CLIENT_FAMILIES, FORBIDDEN } from './import-rules.ts';
import type { Violation } from './violation.ts';

const SOURCE_FOLDERS = ['services', 'edge-agent', 'simulators', 'dashboards', 'infra', 'test'];
const TEST_FILE = /\.test\.tsx?$|^test\//;

async function cruiseSources(root: string): Promise<ICruiseResult> {
  const folders = SOURCE_FOLDERS.filter((folder) => existsSync(path.join(root, folder)));
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden: FORBIDDEN },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|var)/' },
    tsPreCompilationDeps: true,
    parser: 'tsc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  });
  if (typeof output === 'string') throw new TypeError('dependency-cruiser gave text instead of a result');
  return output;
}

/** First folder below the app that a file lies in; '.' for files of the app's own folder. */
function folderWithin(app: string, file: string): string {
  const parts = file.slice(app.length + 1).split('/');
  return parts.length > 1 ? (parts[0] ?? '.') : '.';
}

function packageName(dependency: IModule['dependencies'][number]): string | undefined {
  const match = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(dependency.resolved);
  return match?.[1] ?? (dependency.couldNotResolve ? dependency.module : undefined);
}

function clientUses(modules: readonly IModule[], app: string, family: RegExp): Map<string, string[]> {
  const filesByFolder = new Map<string, string[]>();
  for (const { source, dependencies } of modules) {
    if (!source.startsWith(`${app}/`) || TEST_FILE.test(source)) continue;
    if (!dependencies.some((dependency) => family.test(packageName(dependency) ?? ''))) continue;
    const folder = folderWithin(app, source);
    filesByFolder.set(folder, [...(filesByFolder.get(folder) ?? []), source]);
  }
  return filesByFolder;
}

/** A client package used in two folders of one app is a port that somebody forgot to make. */
function clientFolderViolations(modules: readonly IModule[]): Violation[] {
  return APPS.flatMap((app) =>
    Object.entries(CLIENT_FAMILIES).flatMap(([name, family]) => {
      const uses = clientUses(modules, app, family);
      if (uses.size <= 1) return [];
      const places = [...uses].map(([folder, files]) => `${folder} (${files.join(', ')})`).join('; ');
      return [
        {
          rule: 'one-folder-per-client',
          where: app,
          message: `${name} is imported in several folders: ${places}`,
        },
      ];
    }),
  );
}

/**
 * Import rules of the repository. `minimumModules` guards against a check that sees nothing: dependency-cruiser
 * reports "no violations (0 modules)" when it finds no TypeScript compiler it can use.
 */
export async function checkImports(root: string, minimumModules: number): Promise<readonly Violation[]> {
  const result = await cruiseSources(root);
  const ours = result.modules.filter(
    ({ source }) => /\.(ts|tsx|js)$/.test(source) && !source.includes('node_modules'),
  );
  if (ours.length < minimumModules) {
    const message = `only ${ours.length} modules seen, at least ${minimumModules} expected: is TypeScript 6 installed as 'typescript'?`;
    return [{ rule: 'minimum-module-count', where: '.', message }];
  }
  const broken = result.summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    where: from,
    message: `imports ${cycle === undefined ? to : cycle.map(({ name }) => name).join(' -> ')}`,
  }));
  return [...broken, ...clientFolderViolations(ours)];
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { documentNames } from './document-names.ts';
import type { NamedThing } from './document-names.ts';
import { repositoryFiles } from './repository-files.ts';
import type { Violation } from './violation.ts';

const OPENAPI = 'docs/reference/openapi.json';
/** Real, but not in the document that they serve. */
const UNLISTED_ROUTES = ['/api/v1/openapi.json'];
/** Folders of run-time state and of built files: documents may name them, a clone does not have them. */
const NOT_IN_A_CLONE = /^(?:\.\/)?(?:var|dist|node_modules|dashboards\/dist)(?:\/|$)/;

interface Repository {
  readonly root: string;
  readonly topLevel: ReadonlySet<string>;
  readonly scripts: ReadonlySet<string>;
  readonly routes: readonly RegExp[];
}

function readRoutes(root: string): RegExp[] {
  const file = path.join(root, OPENAPI);
  if (!existsSync(file)) return [];
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, unknown> };
  return [...Object.keys(paths), ...UNLISTED_ROUTES].map((route) => {
    const full = route.startsWith('/api/v1') ? route : `/api/v1${route}`;
    const pattern = full.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{[^}]+\}/g, '[^/]+');
    return new RegExp(`^${pattern}/?$`);
  });
}

function describeRepository(root: string, files: readonly string[]): Repository {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  return {
    root,
    topLevel: new Set(files.map((file) => file.split('/')[0] ?? file)),
    scripts: new Set(Object.keys(manifest.scripts ?? {})),
    routes: readRoutes(root),
  };
}

function pathExists(repository: Repository, folder: string, text: string): boolean {
  return [repository.root, folder].some(
    (base) => globSync(text.replace(/\/$/, ''), { cwd: base }).length > 0,
  );
}

/** Paths outside the repository (`mqtt/topic/levels`, `Spindle/Load`) are none of our business. */
function isOurs(repository: Repository, text: string): boolean {
  const first = text.replace(/^\.\//, '').split('/')[0] ?? '';
  return text.includes('/')
    ? repository.topLevel.has(first)
    : /\.(?:md|json)$/.test(text) || repository.topLevel.has(first);
}

function complaint(repository: Repository, document: string, named: NamedThing): string | undefined {
  const folder = path.dirname(path.join(repository.root, document));
  switch (named.kind) {
    case 'script':
      return repository.scripts.has(named.text) ? undefined : `there is no npm script '${named.text}'`;
    case 'route':
      if (named.text === '/api/v1' || repository.routes.some((route) => route.test(named.text)))
        return undefined;
      return `the API has no route ${named.text} (${OPENAPI})`;
    case 'link': {
      const target = decodeURI(named.text.split('#')[0] ?? '');
      return target === '' || existsSync(path.resolve(folder, target))
        ? undefined
        : `the link leads nowhere: ${named.text}`;
    }
    case 'path':
      if (NOT_IN_A_CLONE.test(named.text) || !isOurs(repository, named.text)) return undefined;
      return pathExists(repository, folder, named.text) ? undefined : `there is no ${named.text}`;
  }
}

/** Every path, npm script, API route and relative link that the documents name exists. */
export function checkDocs(root: string): Promise<readonly Violation[]> {
  const files = repositoryFiles(root);
  const repository = describeRepository(root, files);
  const documents = files.filter((file) => file.endsWith('.md') && !file.startsWith('docs/reference/'));
  const violations = documents.flatMap((document) =>
    documentNames(readFileSync(path.join(root, document), 'utf8')).flatMap((named): Violation[] => {
      const message = complaint(repository, document, named);
      return message === undefined
        ? []
        : [{ rule: 'docs-name-what-exists', where: `${document}:${named.line}`, message }];
    }),
  );
  return Promise.resolve(violations);
}

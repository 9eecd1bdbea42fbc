import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Violation } from './violation.ts';

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const LOCK = 'package-lock.json';

function readJson(root: string, file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

/** Where Node would look for `name` when required from the package at `key`, nearest first. */
function candidateKeys(key: string, name: string): string[] {
  const candidates: string[] = [];
  for (let folder = key; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    candidates.push(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (folder === '') return candidates;
  }
}

function missingOptional(packages: Readonly<Record<string, LockEntry>>): Violation[] {
  return Object.entries(packages).flatMap(([key, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !candidateKeys(key, name).some((candidate) => candidate in packages))
      .map((name) => ({
        rule: 'lock-names-every-platform',
        where: LOCK,
        message: `${key === '' ? 'the project' : key} wants optional ${name}, which has no entry: npm ci fails where the registry offers it`,
      })),
  );
}

function entryViolations(packages: Readonly<Record<string, LockEntry>>): Violation[] {
  return Object.entries(packages).flatMap(([key, entry]): Violation[] => {
    if (key === '' || entry.link === true) return [];
    const found: Violation[] = [];
    if (entry.resolved !== undefined) {
      found.push({ rule: 'lock-names-no-registry', where: LOCK, message: `${key} has a 'resolved' address` });
    }
    if (entry.integrity === undefined && entry.optional !== true) {
      found.push({ rule: 'lock-has-integrity', where: LOCK, message: `${key} has no integrity hash` });
    }
    return found;
  });
}

function sameEntries(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}

function manifestViolations(root: string, locked: LockEntry | undefined): Violation[] {
  const manifest = readJson(root, 'package.json') as LockEntry;
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  return groups.flatMap((group) => {
    if (sameEntries(manifest[group] ?? {}, locked?.[group] ?? {})) return [];
    return [
      {
        rule: 'lock-agrees-with-manifest',
        where: LOCK,
        message: `${group} differ from package.json: run npm install`,
      },
    ];
  });
}

/** The lock file installs everywhere: every platform's optional packages, no registry addresses, hashes, in step. */
export function checkLockFile(root: string): Promise<readonly Violation[]> {
  const { packages } = readJson(root, LOCK) as { packages: Record<string, LockEntry> };
  return Promise.resolve([
    ...manifestViolations(root, packages['']),
    ...missingOptional(packages),
    ...entryViolations(packages),
  ]);
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { builtDashboards } from './built-dashboards.ts';

interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

export interface FirstLoad {
  readonly language: string;
  /** Gzipped scripts and styles: the page, the entry and all that it imports, one language, and what `screen` adds. */
  readonly bytes: number;
}

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;

/** What a browser has to load before it shows something, by language; `screen`: the module of one that comes on demand. */
export function firstLoads(screen?: string): readonly FirstLoad[] {
  const dist = builtDashboards();
  const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8')) as Readonly<
    Record<string, ManifestEntry>
  >;
  const collect = (name: string, into: Set<string>): Set<string> => {
    const found = manifest[name];
    if (!found || into.has(found.file)) return into;
    for (const file of [found.file, ...(found.css ?? [])]) into.add(file);
    for (const imported of found.imports ?? []) collect(imported, into);
    return into;
  };
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true);
  if (entry === undefined) throw new Error('the bundle names no entry');
  const base = collect(entry, new Set(['theme.js', 'index.html']));
  if (screen !== undefined) {
    if (!manifest[screen]) throw new Error(`${screen} is no chunk of the bundle`);
    collect(screen, base);
  }
  return LANGUAGES.map((language) => {
    const chunk = `i18n/${language}.ts`;
    if (!manifest[chunk]) throw new Error(`${chunk} is no chunk of the bundle`);
    const files = [...collect(chunk, new Set(base))];
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(dist, file))).length, 0);
    return { language, bytes };
  });
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { builtDashboards } from '../support/built-dashboards.ts';

interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const BOUND_BYTES = 60_000;

it('loads at most 60 kB of scripts and styles at first (gzip, without the trends’ chunk)', () => {
  const dist = builtDashboards();
  const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    ManifestEntry
  >;
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true) ?? '';
  const files = new Set<string>(['theme.js', 'index.html']);
  const collect = (name: string): void => {
    const found = manifest[name];
    if (!found || files.has(found.file)) return;
    for (const file of [found.file, ...(found.css ?? [])]) files.add(file);
    found.imports?.forEach(collect);
  };
  collect(entry);
  const languages = ['ru', 'be', 'en', 'zh'].map((language) => {
    const before = new Set(files);
    collect(`i18n/${language}.ts`);
    const added = [...files].filter((file) => !before.has(file));
    for (const file of added) files.delete(file);
    return { language, added };
  });
  const gzip = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + gzipSync(readFileSync(path.join(dist, name))).length, 0);
  const base = gzip(files);
  for (const { language, added } of languages) {
    const total = base + gzip(added);
    process.stdout.write(`  first load in ${language}: ${(total / 1000).toFixed(1)} kB gzip\n`);
    expect(added.length).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(BOUND_BYTES);
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const apiTarget = process.env['API_URL'] ?? 'http://127.0.0.1:8080';

/** Prints what a browser loads at first (entry, its static imports, its CSS, one language), gzipped: UI.md Q1. */
function firstLoadReport(): Plugin {
  return {
    name: 'first-load-report',
    closeBundle() {
      const assets = new URL('dist/assets/', import.meta.url);
      const sizes = readdirSync(assets)
        .filter((name) => /\.(js|css)$/.test(name))
        .map((name) => ({ name, gzip: gzipSync(readFileSync(new URL(name, assets))).length }));
      for (const { name, gzip } of sizes) this.info(`${(gzip / 1000).toFixed(1).padStart(6)} kB gz  ${name}`);
    },
  };
}

export default defineConfig({
  root,
  base: '/',
  publicDir: 'public',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [firstLoadReport()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    // A font or image inlined as data: would be refused by the Content-Security-Policy.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: apiTarget, ws: true } } },
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const apiTarget = process.env['API_URL'] ?? 'http://127.0.0.1:8080';

/** What every screen needs is one file: a dozen small ones of it weigh a twentieth more. */
const EVERY_SCREEN =
  /node_modules\/@?preact\/|\/dashboards\/(app\/(?!main)|(live-core|frame|api|machines)\/|i18n\/(i18n|format|messages|signal-names|word-lookup|state-words)\.|charts\/(palette|small-canvas|spark-row|sparkline)\.)/;

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
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: EVERY_SCREEN }] } } },
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: apiTarget, ws: true } } },
});

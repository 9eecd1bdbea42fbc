import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { LaunchError } from './launch-error.js';
import { startStep } from './progress.js';

const STAMP = '.built-from';
// What the bundle is made of, besides the dashboards' own folder.
const SOURCES = ['dashboards', 'services/shared/contracts', 'services/shared/domain', 'package-lock.json'];
const IGNORED = new Set(['dist', 'node_modules', 'grafana']);

function* filesUnder(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isFile()) {
    yield file;
    return;
  }
  for (const name of fs.readdirSync(file).sort()) {
    if (!IGNORED.has(name) && !name.includes('.test.')) yield* filesUnder(path.join(file, name));
  }
}

/** SHA-256 over names and contents of everything the bundle is made of. */
export function sourcesHash(root) {
  const hash = crypto.createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesUnder(path.join(root, source))) {
      hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

/** True when dashboards/dist was built from the present sources. */
export function isBuilt(root) {
  const stamp = path.join(root, 'dashboards/dist', STAMP);
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8').trim() === sourcesHash(root);
}

/** Builds the bundle; output is shown only when it fails. */
export function buildDashboards(root, nodePath) {
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  return new Promise((resolve, reject) => {
    const child = spawn(nodePath, [vite, 'build', path.join(root, 'dashboards')], {
      cwd: root,
      // Whatever the caller is for (vitest says `test`): users get this bundle.
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        fs.writeFileSync(path.join(root, 'dashboards/dist', STAMP), `${sourcesHash(root)}\n`);
        resolve(output);
        return;
      }
      process.stderr.write(output);
      reject(
        new LaunchError(
          'The dashboards could not be built; the reason is above.',
          'run `npm run build`; disk space: df -h .',
        ),
      );
    });
  });
}

/** Builds the dashboards when their bundle is missing or stale. */
export async function ensureDashboards(root, nodePath) {
  if (!fs.existsSync(path.join(root, 'dashboards/index.html')) || isBuilt(root)) return;
  const step = startStep('Building the dashboards');
  try {
    await buildDashboards(root, nodePath);
  } catch (error) {
    step.fail();
    throw error;
  }
  step.done();
}

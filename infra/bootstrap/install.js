import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { LaunchError } from './launch-error.js';
import { assertLauncherNode } from './runtime.js';
import { startStep } from './progress.js';

const STAMP = 'node_modules/.installed';
// Measured: the installed packages take 0.65 GB, npm's cache about 0.3 GB more.
const NEEDED_BYTES = 1.2e9;
const OUTPUT_TAIL_CHARACTERS = 4000;

/** SHA-256 of the lock file: what node_modules must have been made from. */
export function lockHash(root) {
  const file = path.join(root, 'package-lock.json');
  if (!fs.existsSync(file)) {
    throw new LaunchError(
      'package-lock.json is missing, so it is unknown what to install.',
      'the clone is complete: `git status`.',
    );
  }
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/** True when npm's own record of node_modules names every required package in the locked version. */
function matchesLock(root) {
  try {
    const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
    const wanted = read('package-lock.json');
    const present = read('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      ([key, entry]) =>
        key === '' || present[key]?.version === entry.version || (entry.optional && !(key in present)),
    );
  } catch {
    return false;
  }
}

/** 'current', 'missing' or 'stale'. */
export function installState(root) {
  const hash = lockHash(root);
  if (!fs.existsSync(path.join(root, 'node_modules'))) return 'missing';
  const stamp = path.join(root, STAMP);
  if (fs.existsSync(stamp)) return fs.readFileSync(stamp, 'utf8').trim() === hash ? 'current' : 'stale';
  if (!matchesLock(root)) return 'stale';
  writeStamp(root, hash); // installed by hand with npm
  return 'current';
}

function writeStamp(root, hash) {
  try {
    fs.mkdirSync(path.join(root, 'node_modules'), { recursive: true }); // npm makes none when there is nothing to install
    fs.writeFileSync(path.join(root, STAMP), `${hash}\n`);
  } catch {
    // A read-only tree that is complete can be run; it is only compared again next time.
  }
}

function assertRoom(root) {
  try {
    fs.accessSync(root, fs.constants.W_OK);
  } catch {
    throw new LaunchError(
      `Packages cannot be installed: ${root} is not writable.`,
      `owner and permissions: ls -ld ${root}`,
    );
  }
  const { bavail, bsize } = fs.statfsSync(root);
  if (bavail * bsize >= NEEDED_BYTES) return;
  const freeMegabytes = Math.floor((bavail * bsize) / 1e6);
  throw new LaunchError(
    `Too little disk space to install the packages: ${freeMegabytes} MB free, ${NEEDED_BYTES / 1e6} MB needed.`,
    `df -h ${root}`,
  );
}

/** How to start npm: the one that started us, else the one in PATH. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli !== undefined && /npm-cli\.c?js$/.test(cli))
    return { command: node ?? process.execPath, prefix: [cli] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', prefix: [] };
}

/** PATH without the folder that is about to be replaced: npm must not run on a Node that it deletes. */
function cleanEnvironment(root) {
  const own = path.join(root, 'node_modules', '.bin');
  const kept = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.resolve(folder) !== own);
  return { ...process.env, PATH: kept.join(path.delimiter) };
}

function explain(output) {
  if (/ENOSPC/.test(output))
    return new LaunchError('The disk ran full while packages were installed.', 'free space: df -h');
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/.test(output)) {
    return new LaunchError('The package registry cannot be reached.', 'network and proxy: `npm ping`.');
  }
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return new LaunchError(
      'npm was not allowed to write.',
      'owner of this folder and of the npm cache: `npm config get cache`.',
    );
  }
  return new LaunchError('Installing the packages failed; npm said what is above.', 'run `npm ci` by hand.');
}

function runNpm(root, onFinish) {
  const { command, prefix } = npmCommand();
  const child = spawn(command, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: cleanEnvironment(root),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-OUTPUT_TAIL_CHARACTERS));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  child.once('error', (error) => onFinish({ error, output }));
  child.once('close', (code) => onFinish({ code, output }));
}

function installPackages(root) {
  return new Promise((resolve, reject) => {
    runNpm(root, ({ error, code, output }) => {
      if (error?.code === 'ENOENT') {
        reject(
          new LaunchError(
            'npm was not found.',
            '`npm --version`; npm comes with Node, or as a package of your distribution.',
          ),
        );
      } else if (error !== undefined) {
        reject(error);
      } else if (code === 0) {
        resolve();
      } else {
        process.stderr.write(`${output.trim()}\n`);
        reject(explain(output));
      }
    });
  });
}

/** Installs the locked packages when they are missing or stale; resolves to whether it did. */
export async function ensureInstalled(root) {
  assertLauncherNode();
  const state = installState(root);
  if (state === 'current') return false;
  assertRoom(root);
  const reason = state === 'missing' ? 'first run' : 'the lock file changed';
  const step = startStep(`Installing the locked packages (${reason}; a minute or two)`);
  try {
    await installPackages(root);
  } catch (error) {
    step.fail();
    throw error;
  }
  writeStamp(root, lockHash(root));
  step.done();
  return true;
}

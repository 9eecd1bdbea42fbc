import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { REPOSITORY_ROOT } from './spawned-process.ts';

const BUILD = path.join(REPOSITORY_ROOT, 'infra/bootstrap/build.js');

/** Folder of the bundle, built from the present sources. */
export function builtDashboards(): string {
  const { status, stderr } = spawnSync(process.execPath, [BUILD], { cwd: REPOSITORY_ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the dashboards could not be built:\n${stderr}`);
  return path.join(REPOSITORY_ROOT, 'dashboards/dist');
}

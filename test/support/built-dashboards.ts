import path from 'node:path';
import { ensureDashboards } from '../../infra/bootstrap/dashboards.js';
import { REPOSITORY_ROOT } from './spawned-process.ts';

/** Before a suite that shows pages: bundles the dashboards once, unless the bundle is of the present sources. */
export async function setup(): Promise<void> {
  await ensureDashboards(REPOSITORY_ROOT, process.execPath);
}

/** Folder of the bundle. */
export function builtDashboards(): string {
  return path.join(REPOSITORY_ROOT, 'dashboards/dist');
}

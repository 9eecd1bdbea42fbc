// `npm run build`: bundles the dashboards now, whether stale or not, and shows what the bundler says.
import process from 'node:process';
import { buildDashboards } from './dashboards.js';
import { LaunchError } from './launch-error.js';
import { ROOT } from './runtime.js';

try {
  process.stdout.write(await buildDashboards(ROOT, process.execPath));
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  process.stderr.write(`${error.message}\nWhat to check: ${error.remedy}\n`);
  process.exitCode = 1;
}

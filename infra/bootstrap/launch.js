// Launcher behind every npm script. Plain JavaScript without dependencies, able to run on Node 20: it is what
// runs before anything is installed. It installs the locked packages when they are missing or stale, then runs
// the target on the pinned Node runtime (a locked package), or on the running Node when that is new enough.
//
//   node infra/bootstrap/launch.js [--dashboards] TARGET [arguments of the target]
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { keepCompiledCode } from './compile-cache.js';
import { LaunchError } from './launch-error.js';
import { ensureDashboards } from './dashboards.js';
import { ensureInstalled } from './install.js';
import { chooseRuntime, ROOT } from './runtime.js';
import { runToEnd } from './child.js';

/** Splits the launcher's own option from the target and its arguments. */
function parseArguments(argv) {
  const rest = [...argv];
  const dashboards = rest[0] === '--dashboards';
  if (dashboards) rest.shift();
  const target = rest.shift();
  if (target === undefined) {
    throw new LaunchError(
      'The launcher was given nothing to run.',
      'Use one of the scripts that `npm run` lists.',
    );
  }
  return { dashboards, target: path.resolve(ROOT, target), args: rest };
}

async function main() {
  const { dashboards, target, args } = parseArguments(process.argv.slice(2));
  const asksHelp = args.includes('--help') || args.includes('-h');
  const installed = await ensureInstalled(ROOT);
  const runtime = chooseRuntime(ROOT);
  keepCompiledCode(ROOT);
  if (dashboards && !asksHelp) await ensureDashboards(ROOT, runtime.path);
  if (runtime.isCurrent && !installed) {
    // Same process: one process less to supervise, and signals need no forwarding.
    process.argv = [process.argv[0], target, ...args];
    await import(pathToFileURL(target).href);
    return;
  }
  process.exitCode = await runToEnd(runtime.path, [target, ...args]);
}

main().catch((error) => {
  if (!(error instanceof LaunchError)) throw error;
  process.stderr.write(`${error.message}\nWhat to check: ${error.remedy}\n`);
  process.exitCode = 1;
});

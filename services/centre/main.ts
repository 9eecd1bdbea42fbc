// `npm start`: starts and supervises the whole centre. `npm start -- --help` lists the options.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, StartError, messageOf } from '#platform/errors.ts';
import { Centre } from './centre.ts';
import { assertReplays, readCentreConfig, readPlant } from './centre-config.ts';
import { HELP, parseOptions } from './cli-options.ts';
import type { CentreOptions } from './cli-options.ts';
import { dataFolder, prepareDataFolder } from './data-folder.ts';
import { DataLock } from './data-lock.ts';
import { awaitFirstValue } from './first-value.ts';
import { planNetwork } from './network-plan.ts';
import type { NetworkPlan } from './network-plan.ts';
import { StopSignal } from './stop-signal.ts';
import { Terminal } from './terminal.ts';
import { ensureTlsFiles } from './tls-files.ts';

const PROJECT_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const FIRST_VALUE_BOUND_MS = 60_000;
const EXIT_FAILED = 1;
const EXIT_CONFIG = 2;

const terminal = new Terminal((text) => process.stdout.write(text));

async function openCentre(options: CentreOptions): Promise<{ centre: Centre; network: NetworkPlan }> {
  const folder = dataFolder(options.dataDir);
  const config = await readCentreConfig(folder, options);
  const plant = await readPlant(PROJECT_ROOT, config);
  assertReplays(PROJECT_ROOT, config);
  const network = await planNetwork(config, plant);
  const tls = network.isPublic ? ensureTlsFiles(folder.secrets, network.host) : undefined;
  return {
    centre: new Centre({ projectRoot: PROJECT_ROOT, folder, config, plant, network, tls }, terminal),
    network,
  };
}

async function announce(centre: Centre, { isPublic }: NetworkPlan, signal: AbortSignal): Promise<void> {
  const dashboard = centre.hasDashboard ? centre.dashboardUrl : 'none, as the services are not started here';
  terminal.plain(`\nDashboard: ${dashboard}`);
  for (const url of centre.networkUrls) terminal.plain(`  on the network: ${url}`);
  if (centre.hasDashboard) terminal.plain(`  to log in: ${centre.passwordsNote}`);
  terminal.plain('Ctrl-C stops everything.\n');
  if (isPublic || !centre.hasDashboard) return; // the certificate is self-made: not for a client without exceptions
  if (await awaitFirstValue(centre.dashboardUrl, signal, FIRST_VALUE_BOUND_MS))
    terminal.progress('live values are there');
}

async function run(options: CentreOptions): Promise<void> {
  const folder = dataFolder(options.dataDir);
  prepareDataFolder(folder);
  const lock = new DataLock(folder.root);
  lock.acquire();
  const stop = new StopSignal();
  let centre: Centre | undefined;
  try {
    const opened = await openCentre(options);
    centre = opened.centre;
    await stop.during(centre.start(stop.signal));
    if (!stop.signal.aborted) void announce(centre, opened.network, stop.signal);
    await stop.requested;
  } finally {
    const running = centre;
    if (running !== undefined) {
      if (stop.signal.aborted) terminal.progress('stopping');
      await stop.orForced(running.stop(), () => running.kill());
    }
    lock.release();
    stop.release();
  }
  terminal.progress('everything has stopped');
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(
      `${error.message}\nWhat to check: the file named above; its reference is docs/reference/config.\n`,
    );
    return EXIT_CONFIG;
  }
  const check = error instanceof StartError ? error.check : 'the log files below the data folder';
  process.stderr.write(`${messageOf(error)}.\nWhat to check: ${check}.\n`);
  return EXIT_FAILED;
}

process.title = 'centre';
process.stdout.on('error', () => undefined); // the terminal may go before we do
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else await run(options);
} catch (error) {
  process.exitCode = explain(error);
}

import type { SimulatorsConfig } from '#contracts/config/simulators.ts';
import type { Arguments } from './cli.ts';
import type { SimulatorsService } from './runtime/simulators-service.ts';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { explainEnd, leaveWithItsReader } from '#platform/command-line.ts';
import { ConfigError, StartError } from '#platform/errors.ts';
import { runProcess } from '#platform/lifecycle.ts';
import { makeFolder, OWN_DATA, parseDuration, readArguments, readNumbers, USAGE } from './cli.ts';
import { loadPlant } from './plants/load-plant.ts';
import { record, replayConfig } from './record-command.ts';
import { drawPictures, tellBooks, tellOee, tellScenario } from './reports.ts';
import { runAsFastAsPossible } from './runtime/as-fast-as-possible.ts';

const PLANTS_DIR = join(import.meta.dirname, 'plants');

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'record') {
    process.exitCode = await record(rest);
    return;
  }
  if (command === 'replay') {
    const path = await replayConfig(rest);
    if (path === undefined) return;
    process.argv.splice(2, process.argv.length, '--config', path);
    return serve();
  }
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else if (options.oee !== undefined) await tellOee(options.oee);
  else if (options.books !== undefined) process.exitCode = (await tellBooks(options.books)) ? 0 : 1;
  else if (options.pictures !== undefined)
    await drawPictures(options.pictures, plantPath(options.plant ?? 'brest'));
  else if (options.scenario !== undefined) await tellScenario(options.scenario);
  else if (options['as-fast-as-possible']) await simulate(options);
  else if (options.config !== undefined) await serve();
  else if (options.plant !== undefined) await serveByArguments(options);
  else throw new StartError('NOTHING_TO_DO', 'neither --config nor --plant was given', 'see --help');
}

/** The physics alone, straight to the ledger. */
async function simulate(options: Arguments): Promise<void> {
  const loaded = await loadPlant(plantPath(options.plant ?? 'brest'));
  const result = runAsFastAsPossible(loaded, {
    seed: readNumbers(options).seed,
    ledger: options.ledger,
    durationS: parseDuration(options.for ?? '1h'),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Serving from the command line goes the way of `--config`: through a file, validated like any other. */
async function serveByArguments(options: Arguments): Promise<void> {
  const config = {
    dataDir: resolve(options.data ?? OWN_DATA),
    plant: plantPath(options.plant ?? 'brest'),
    ledger: options.ledger,
    ...readNumbers(options),
  };
  const forS = options.for === undefined ? undefined : parseDuration(options.for);
  // What is wrong with it is told to a person here, not to a log.
  await loadPlant(config.plant);
  makeFolder(config.dataDir);
  const folder = await mkdtemp(join(tmpdir(), 'simulators-'));
  const path = join(folder, 'simulators.yaml');
  await writeFile(path, JSON.stringify(config));
  process.argv.splice(2, process.argv.length, '--config', path);
  await serve(forS);
}

/** @param durationS until the process ends by itself, as if it were asked to */
async function serve(durationS?: number): Promise<void> {
  let service: SimulatorsService | undefined;
  await runProcess({
    name: 'simulators',
    start: async ({ configPath, log, signal }) => {
      const config: SimulatorsConfig = await readConfigFile(configPath, simulatorsConfigSchema);
      // The OPC UA stack takes a second to load; the physics alone does without.
      const runtime = await import('./runtime/simulators-service.ts');
      service = new runtime.SimulatorsService(config, log);
      const ready = await service.start(signal);
      if (durationS !== undefined) setTimeout(() => process.kill(process.pid), durationS * 1000).unref();
      return ready;
    },
    stop: async () => service?.stop(),
  });
}

/** A path, or the name of a plant that comes with the simulators. */
function plantPath(text: string): string {
  const own = join(PLANTS_DIR, `${text}.yaml`);
  if (!isAbsolute(text) && existsSync(own)) return own;
  if (existsSync(text)) return resolve(text);
  const names = globSync('*.yaml', { cwd: PLANTS_DIR }).map((file) => basename(file, '.yaml'));
  throw new ConfigError(text, [
    { path: '', message: `there is no such plant; give its path, or one of ${names.toSorted().join(', ')}` },
  ]);
}

leaveWithItsReader();
main().catch((error: unknown) => {
  explainEnd(error);
  process.exit(error instanceof ConfigError ? 2 : 1);
});

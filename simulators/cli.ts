import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readOptions, wholeNumber } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';

export interface BatchArguments {
  readonly plant: string;
  readonly seed: number | undefined;
  readonly ledger: string | undefined;
  readonly durationS: number;
}

/** Machines served from the command line: the centre has its own in `var/simulators`, and may run meanwhile. */
export const OWN_DATA = 'var/simulators-alone';

export const USAGE = `Simulated machines of the smart-factory centre.

  record opc.tcp://... --to F  record a visiting machine (record --help)
  replay FILE                  serve a recorded machine (replay --help)

  --config FILE                serve the machines over OPC UA (used by npm start)
  --plant FILE|NAME            plant file, or the name of one in simulators/plants
  --seed N                     instead of the plant's seed
  --ledger FILE                write every value produced
  --for 8h                     how much virtual time (s, m, h, d); while serving: how long
  --as-fast-as-possible        no servers, no clock: only the physics and the ledger
  --data DIR                   folder of certificates and endpoints.json (default ${OWN_DATA})
  --port N                     first OPC UA port (default 4840; 0 = any)
  --books LEDGER               SHA-256, conservation of energy, parts and air, OEE
  --oee LEDGER                 OEE and energy of each machine, from a ledger
  --scenario NAME              live through a scenario, tell which symptoms came when
  --pictures DIR               draw an hour of each machine's life as SVG
  --control PORT               faults, scenarios and reset over HTTP (token in control.token)
  --speed N                    virtual seconds per second, 0.1 to 60
`;

export const ARGUMENTS = {
  config: { type: 'string' },
  plant: { type: 'string' },
  seed: { type: 'string' },
  ledger: { type: 'string' },
  for: { type: 'string' },
  'as-fast-as-possible': { type: 'boolean' },
  data: { type: 'string' },
  port: { type: 'string' },
  speed: { type: 'string' },
  oee: { type: 'string' },
  books: { type: 'string' },
  scenario: { type: 'string' },
  control: { type: 'string' },
  pictures: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type Arguments = ReturnType<typeof readArguments>;

/** @throws StartError on an unknown option or one without its value. */
export function readArguments(argv: readonly string[]) {
  return readOptions({ args: [...argv], options: ARGUMENTS }, 'npm run simulators -- --help').values;
}

/** What `--seed`, `--port`, `--control` and `--speed` say, in their bounds. @throws StartError */
export function readNumbers({ seed, port, control, speed }: Arguments) {
  const whole = (option: string, text: string | undefined, greatest: number): number | undefined =>
    text === undefined ? undefined : wholeNumber(option, text, 0, greatest);
  const rate = parseNumber('speed', speed);
  if (rate !== undefined && !(rate >= 0.1 && rate <= 60))
    throw new StartError('BAD_OPTION', `--speed got "${speed}"`, 'it goes from 0.1 to 60');
  return {
    seed: whole('seed', seed, 0xffffffff),
    basePort: whole('port', port, 65_000),
    controlPort: whole('control', control, 65_535),
    speed: rate,
  };
}

/** With what is above it. Node's own `recursive` tries for ever where none can be made (below /proc). */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

const UNIT_S = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `15m`, `8h`, `1.5d` in seconds. @throws StartError */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  if (!match)
    throw new StartError('BAD_DURATION', `"${text}" is not a duration`, 'write it like 90s, 15m, 8h or 2d');
  return Number(match[1]) * UNIT_S[match[2] as keyof typeof UNIT_S];
}

/** @throws StartError */
export function parseNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() === '')
    throw new StartError('BAD_NUMBER', `--${option} got "${text}"`, 'give a number');
  return value;
}

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readOptions } from '#platform/command-line.ts';
import { StartError, messageOf } from '#platform/errors.ts';
import { OWN_DATA, parseDuration, parseNumber } from './cli.ts';

export const RECORD_USAGE = `Records a visiting machine: its address space and every value, into one file.

  npm run simulators -- record opc.tcp://HOST:PORT --to FILE

  --to FILE                    file to make
  --for 60s                    how long (s, m, h, d); without it until Ctrl-C
  --user NAME                  log in by name, with --password-file FILE
  --password-file FILE         first line: the password
  --certificate SHA256         record only a server with this certificate
  --publishing MS              how often the machine sends what it has (default 200)
  --sampling MS                how often it looks at its variables (default 0: as fast as it can)
  --most-nodes N               larger machines are refused (default 100000)
  --data DIR                   folder of the recorder's own certificate (default var/simulators)
`;

export const REPLAY_USAGE = `Serves a recorded machine: the same address space, the same values, the same timing.

  npm run simulators -- replay FILE

  --port N                     OPC UA port (default 4840; 0 = any)
  --id NAME                    id of the machine (default visitor-01)
  --as KIND                    kind under which it is shown: cnc, robot, ... (default generic)
  --times now|recorded         source times moved to now, or as they were recorded (default now)
  --repeat loop|once           default loop, once with --times recorded
  --speed N                    recorded seconds per second
  --data DIR                   folder of certificates and endpoints.json (default ${OWN_DATA})
`;

const RECORD_OPTIONS = {
  to: { type: 'string' },
  for: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  certificate: { type: 'string' },
  publishing: { type: 'string' },
  sampling: { type: 'string' },
  'most-nodes': { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const REPLAY_OPTIONS = {
  port: { type: 'string' },
  id: { type: 'string' },
  as: { type: 'string' },
  times: { type: 'string' },
  repeat: { type: 'string' },
  speed: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function required(value: string | undefined, what: string, check: string): string {
  if (value === undefined) throw new StartError('BAD_OPTION', `${what} is missing`, check);
  return value;
}

/** `record URL --to FILE`. @returns the exit code @throws StartError */
export async function record(argv: readonly string[]): Promise<number> {
  const config = { args: [...argv], options: RECORD_OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = readOptions(config, 'npm run simulators -- record --help');
  if (values.help) {
    process.stdout.write(RECORD_USAGE);
    return 0;
  }
  const help = '`npm run simulators -- record --help` tells what it needs';
  const endpointUrl = required(positionals[0], 'the address of the machine (opc.tcp://host:port)', help);
  if (!/^opc\.tcp:\/\/[^/]/.test(endpointUrl))
    throw new StartError(
      'BAD_OPTION',
      `"${endpointUrl}" is not an address of an OPC UA server`,
      'write it like opc.tcp://192.168.1.20:4840',
    );
  const to = resolve(required(values.to, '--to FILE', help));
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // The OPC UA stack takes a second to load: wrong options are told before.
  const { recordMachine } = await import('./server/recorder/record-machine.ts');
  const result = await recordMachine({
    endpointUrl,
    to,
    user: await userOf(values.user, values['password-file']),
    pkiDir: join(resolve(values.data ?? 'var/simulators'), 'recorder'),
    certificateSha256: values.certificate,
    durationS: values.for === undefined ? Infinity : parseDuration(values.for),
    publishingMs: parseNumber('publishing', values.publishing) ?? 200,
    samplingMs: parseNumber('sampling', values.sampling) ?? 0,
    mostNodes: parseNumber('most-nodes', values['most-nodes']) ?? 100_000,
    signal: stopping.signal,
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
  const { nodes, watched, refused, samples, durationMs, overflows, missedMessages, reason } = result;
  process.stdout.write(
    `${to}: ${nodes} nodes, ${watched} variables, ${samples} values in ${(durationMs / 1000).toFixed(1)} s; ended because ${reason}\n`,
  );
  if (result.certificateSha256 !== undefined)
    process.stdout.write(`certificate of the machine: SHA-256 ${result.certificateSha256}\n`);
  for (const [nodeId, status] of refused.slice(0, 20))
    process.stdout.write(`not watched: ${nodeId} (${status})\n`);
  if (refused.length > 20) process.stdout.write(`and ${refused.length - 20} more\n`);
  if (overflows + missedMessages > 0)
    process.stdout.write(
      `LOST in the machine: queues overflowed ${overflows} times, ${missedMessages} messages never came\n`,
    );
  return result.isComplete ? 0 : 1;
}

async function userOf(
  name: string | undefined,
  passwordFile: string | undefined,
): Promise<{ readonly name: string; readonly password: string } | undefined> {
  if (name === undefined) return undefined;
  const path = required(
    passwordFile,
    '--password-file FILE',
    'write the password into a file that only you may read',
  );
  try {
    const [password = ''] = (await readFile(path, 'utf8')).split(/\r?\n/);
    return { name, password };
  } catch (error) {
    throw new StartError(
      'NO_PASSWORD',
      `${path} cannot be read: ${messageOf(error)}`,
      'the path and its permissions',
      { cause: error },
    );
  }
}

/** `replay FILE`: a configuration of the simulators with this machine alone. @returns its path; undefined: help was printed @throws StartError */
export async function replayConfig(argv: readonly string[]): Promise<string | undefined> {
  const config = { args: [...argv], options: REPLAY_OPTIONS, allowPositionals: true } as const;
  const { values, positionals } = readOptions(config, 'npm run simulators -- replay --help');
  if (values.help) {
    process.stdout.write(REPLAY_USAGE);
    return undefined;
  }
  const file = resolve(required(positionals[0], 'the file', '`npm run simulators -- replay --help`'));
  const { id = 'visitor-01', as, times = 'now' } = values;
  const repeat = values.repeat ?? (times === 'recorded' ? 'once' : 'loop');
  const speed = parseNumber('speed', values.speed);
  const parameters = { file, as, times, repeat, speed };
  const folder = await mkdtemp(join(tmpdir(), 'simulators-'));
  const plant = {
    site: 'brest',
    enterprise: 'Brest Technopark',
    name: { en: 'Visitors', ru: 'Гости', be: 'Госці', zh: '来访设备' },
    machines: [{ id, kind: 'replay', name: { en: id }, parameters }],
  };
  const path = join(folder, 'simulators.yaml');
  await writeFile(join(folder, 'plant.yaml'), JSON.stringify(plant));
  await writeFile(
    path,
    JSON.stringify({
      dataDir: resolve(values.data ?? OWN_DATA),
      plant: join(folder, 'plant.yaml'),
      basePort: parseNumber('port', values.port),
    }),
  );
  return path;
}

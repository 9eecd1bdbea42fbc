import { SECURITY_MODES, SECURITY_POLICIES } from '#contracts/config/edge-agent.ts';
import { KINDS } from './kinds.ts';

/** Options with what they do; a command names those that it takes. */
const SAYS = {
  path: [
    '--path PATH|NODEID',
    'where to begin; the machine that is found by its type, or Objects, where it is left out',
  ],
  depth: ['--depth N', 'levels below the beginning (default: 8)'],
  json: ['--json', 'one JSON object a node and line'],
  id: ['--id ID', 'of the new machine, in topics and addresses'],
  kind: [
    '--kind KIND',
    `${KINDS.join(', ')}, or a word of your own (general page); read from the type definition where it is left out`,
  ],
  name: [
    '--name NAME',
    'repeatable; --name ru=ИМЯ for another language; English is the id where it is left out',
  ],
  area: ['--area AREA', 'its place, on the floor plan too; also --line LINE, --cell CELL'],
  include: ['--include GLOB', "repeatable; of browse names below the path: 'Motor/*'; also --exclude GLOB"],
  explicit: ['--explicit', 'write every signal into the configuration'],
  'dry-run': ['--dry-run', 'show what would be written, and write nothing'],
  fingerprint: ['--fingerprint SHA256', 'confirm exactly this certificate'],
  yes: ['--yes', 'confirm what the server shows without asking'],
  mode: ['--mode MODE', `${SECURITY_MODES.join(', ')} (default: SignAndEncrypt)`],
  policy: ['--policy POLICY', `${SECURITY_POLICIES.join(', ')} (default: Basic256Sha256)`],
  username: ['--username NAME', 'log in by name; with --password-file FILE'],
  certificate: [
    '--user-certificate FILE',
    'log in by certificate (PEM or DER) instead; with --user-key FILE (PEM)',
  ],
  timeout: ['--timeout SECONDS', 'for each step (default: 10)'],
  data: ['--data DIR', 'state of the centre (default: var)'],
  config: ['--config FILE', "the agent's configuration (default: DATA/config/edge-agent.yaml)"],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;
type Option = keyof typeof SAYS;

const FILES: readonly Option[] = ['data', 'config'];
const SERVER: readonly Option[] = ['mode', 'policy', 'username', 'certificate', 'timeout', ...FILES];
const URL = 'opc.tcp://host:port/path';

interface CommandHelp {
  readonly takes: string;
  readonly does: string;
  readonly options: readonly Option[];
  readonly example: string;
}

const HELP = {
  probe: {
    takes: URL,
    does: 'Asks a server step by step: is it reachable, which security, whose certificate, is its clock right, does a login work.',
    options: SERVER,
    example: 'probe opc.tcp://192.168.1.20:4840',
  },
  trust: {
    takes: URL,
    does: "Confirms the server's certificate; only this one is accepted from then on.",
    options: ['fingerprint', 'yes', ...SERVER],
    example: 'trust opc.tcp://192.168.1.20:4840 --fingerprint A1:B2:...',
  },
  browse: {
    takes: URL,
    does: 'Prints the tree of a server with types and units.',
    options: ['path', 'depth', 'json', ...SERVER],
    example: 'browse opc.tcp://192.168.1.20:4840 --path Objects/Machines --depth 4',
  },
  add: {
    takes: URL,
    does: 'Makes all variables below a path signals of a new machine. A running agent takes it up by itself.',
    options: [
      'id',
      'path',
      'kind',
      'name',
      'area',
      'include',
      'explicit',
      'dry-run',
      'fingerprint',
      ...SERVER,
    ],
    example: 'add opc.tcp://192.168.1.20:4840 --id press-07 --kind generic --dry-run',
  },
  remove: {
    takes: 'ID',
    does: 'Takes a machine out of the configuration.',
    options: FILES,
    example: 'remove press-07',
  },
  list: { takes: '', does: 'Lists the machines of the configuration.', options: FILES, example: 'list' },
  run: {
    takes: '',
    does: 'Starts the agent alone, in this process.',
    options: FILES,
    example: 'run --config edge-agent.yaml',
  },
} as const satisfies Readonly<Record<string, CommandHelp>>;

/** What `npm run edge -- COMMAND --help` prints. */
export function helpFor(command: keyof typeof HELP): string {
  const { takes, does, options, example }: CommandHelp = HELP[command];
  const lines = options.map((option) => `  ${SAYS[option][0].padEnd(24)} ${SAYS[option][1]}`);
  return [
    `npm run edge -- ${[command, takes].join(' ').trim()} [options]`,
    '',
    does,
    '',
    ...lines,
    '',
    `Example: npm run edge -- ${example}`,
    '',
  ].join('\n');
}

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  SECURITY_MODES,
  SECURITY_POLICIES,
  opcUaEndpointSchema,
  type EdgeAgentConfig,
  type OpcUaEndpoint,
} from '#contracts/config/edge-agent.ts';
// Says what is wrong in plain words, here too.
import '#platform/config-file.ts';
import { assetPathSchema } from '#contracts/catalogue.ts';
import { LANGUAGES, type Language, type LocalizedText } from '#domain/machine.ts';
import { StartError } from '#platform/errors.ts';

export const USAGE = `npm run edge -- COMMAND [opc.tcp://host:port/path] [options]

  probe URL      is it reachable, which security, whose certificate, is its clock right, does a login work
  trust URL      confirm the server's certificate; only this one is accepted from then on
  browse URL     the tree of the server                      --path PATH|NODEID  --depth N
                 with types and units; --json: one JSON object a node and line
  add URL        all variables below a path become signals   --id ID  --path PATH|NODEID  --kind KIND
                 --name NAME (repeatable: --name ru=ИМЯ for another language; English is the id where it is left out)
                 the kind is read from the type definition where --kind is not given
                 --area AREA  --line LINE  --cell CELL: its place, on the floor plan too
                 --include GLOB  --exclude GLOB (repeatable; of browse names below the path: 'Motor/*')  --explicit (write every signal)  --dry-run
  remove ID      take a machine out of the configuration
  list           the machines of the configuration
  run            start the agent alone                       --config FILE

COMMAND --help tells the options of that command.

Options of all:
  --data DIR            state of the centre (default: var)
  --config FILE         the agent's configuration (default: DATA/config/edge-agent.yaml)
  --fingerprint SHA256  trust and add: confirm exactly this certificate
  --yes                 trust: confirm what the server shows without asking
  --mode MODE           ${SECURITY_MODES.join(', ')} (default: SignAndEncrypt)
  --policy POLICY       ${SECURITY_POLICIES.join(', ')} (default: Basic256Sha256)
  --username NAME       --password-file FILE
  --user-certificate FILE  --user-key FILE: log in by certificate instead (PEM)
  --timeout SECONDS     for each step (default: 10)
`;

const OPTIONS = {
  data: { type: 'string', default: 'var' },
  config: { type: 'string' },
  path: { type: 'string' },
  depth: { type: 'string', default: '8' },
  id: { type: 'string' },
  kind: { type: 'string' },
  name: { type: 'string', multiple: true },
  area: { type: 'string' },
  line: { type: 'string' },
  cell: { type: 'string' },
  include: { type: 'string', multiple: true },
  exclude: { type: 'string', multiple: true },
  explicit: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  fingerprint: { type: 'string' },
  yes: { type: 'boolean', default: false },
  mode: { type: 'string', default: 'SignAndEncrypt' },
  policy: { type: 'string', default: 'Basic256Sha256' },
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'user-certificate': { type: 'string' },
  'user-key': { type: 'string' },
  timeout: { type: 'string', default: '10' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const COMMANDS = ['probe', 'trust', 'browse', 'add', 'remove', 'list', 'run'] as const;
export type CommandName = (typeof COMMANDS)[number];

export interface CommandLine {
  readonly command: CommandName | 'help';
  /** With the command `help`: of which command; `undefined` = of all. */
  readonly helpOf?: CommandName | undefined;
  /** URL, or the id of a machine for `remove`. */
  readonly subject: string | undefined;
  readonly configPath: string;
  readonly dataDir: string;
  readonly timeoutMs: number;
  readonly values: ReturnType<typeof parse>['values'];
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
}

/** @throws StartError with the usage's place for help */
export function readCommandLine(argv: readonly string[]): CommandLine {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    throw usageError(
      error instanceof Error ? (error.message.split('\n')[0]?.replace(/\.$/, '') ?? '') : String(error),
      error,
    );
  }
  const { values, positionals } = parsed;
  const [command = 'help', subject] = positionals;
  const isKnown = (COMMANDS as readonly string[]).includes(command);
  if (!isKnown && command !== 'help') throw usageError(`there is no command "${command}"`);
  const dataDir = resolve(values.data);
  const named = (isKnown ? command : subject) as CommandName | undefined;
  if (named !== undefined && command === 'help' && !(COMMANDS as readonly string[]).includes(named))
    throw usageError(`there is no command "${named}"`);
  return {
    command: values.help || !isKnown ? 'help' : (command as CommandName),
    helpOf: named,
    subject,
    dataDir,
    configPath: resolve(values.config ?? join(dataDir, 'config', 'edge-agent.yaml')),
    timeoutMs: positive(values.timeout, '--timeout') * 1000,
    values,
  };
}

export function positive(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0)
    throw usageError(`${option} must be a number above 0, not "${text}"`);
  return number;
}

/**
 * The command to type next for the same server: what was said of files and security is said again, so that it runs as it stands.
 * `mode` and `policy` take the place of those that were said.
 */
export function nextCommand(
  { subject = '', values }: CommandLine,
  command: CommandName,
  { mode = values.mode, policy = values.policy }: { readonly mode?: string; readonly policy?: string } = {},
): string {
  const said: readonly (readonly [string, string | undefined])[] = [
    ['id', command === 'add' ? (values.id ?? 'ID') : undefined],
    ['mode', mode === OPTIONS.mode.default ? undefined : mode],
    ['policy', policy === OPTIONS.policy.default ? undefined : policy],
    ['username', values.username],
    ['password-file', values['password-file']],
    ['user-certificate', values['user-certificate']],
    ['user-key', values['user-key']],
    ['data', values.data === OPTIONS.data.default ? undefined : values.data],
    ['config', values.config],
  ];
  const options = said.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return [`npm run edge -- ${command} ${quoted(subject)}`, ...options].join(' ');
}

const quoted = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** `--name NAME` is the English one, `--name ru=NAME` another; the English one is `id` where it is left out. @throws StartError */
export function namesOf(
  { values: { name: texts = [] } }: CommandLine,
  id: string,
): LocalizedText | undefined {
  if (texts.length === 0) return undefined;
  const names: Partial<Record<Language, string>> = {};
  for (const text of texts) {
    const [, code = 'en', name = text] = /^([a-z]{2})=(.+)$/s.exec(text) ?? [];
    const language = LANGUAGES.find((one) => one === code);
    if (language === undefined) throw usageError(`--name ${text}: the languages are ${LANGUAGES.join(', ')}`);
    names[language] = name;
  }
  return { en: id, ...names };
}

type MachinePlace = EdgeAgentConfig['assetPath'];

/**
 * `--area`, `--line` and `--cell`: where the machine stands, below the agent's enterprise; `undefined` = where the agent is.
 * @throws StartError
 */
export function placeOf(
  { values: { area, line, cell } }: CommandLine,
  agents: MachinePlace,
): MachinePlace | undefined {
  if (area === undefined && line === undefined && cell === undefined) return undefined;
  const given = Object.entries({ area, line, cell }).filter(([, name]) => name !== undefined);
  for (const [option, name] of given)
    if (name?.trim() === '') throw usageError(`--${option} must not be empty`);
  const result = assetPathSchema.safeParse({ enterprise: agents.enterprise, ...Object.fromEntries(given) });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usageError(`--${issue?.path.join('.') ?? 'area'}: ${issue?.message ?? 'is wrong'}`);
}

export const usageError = (message: string, cause?: unknown): StartError =>
  new StartError('USAGE', message, '`npm run edge -- --help` lists commands and options', { cause });

/** How what the configuration calls so is written on the command line. */
const WRITTEN: Readonly<Record<string, string>> = {
  endpoint: 'The address',
  securityMode: '--mode',
  securityPolicy: '--policy',
  serverCertificateSha256: '--fingerprint',
  username: '--username',
  passwordFile: '--password-file',
  userCertificateFile: '--user-certificate',
  userKeyFile: '--user-key',
};

/** The endpoint as the options describe it. @throws StartError */
export function endpointOf({ subject, values }: CommandLine, sha256: string | undefined): OpcUaEndpoint {
  if (subject === undefined) throw usageError('the address of the server is missing (opc.tcp://host:port)');
  const result = opcUaEndpointSchema.safeParse({
    endpoint: subject,
    securityMode: values.mode,
    securityPolicy: values.policy,
    ...(sha256 !== undefined && { serverCertificateSha256: sha256 }),
    ...(values.username !== undefined && { username: values.username }),
    ...(values['password-file'] !== undefined && { passwordFile: resolve(values['password-file']) }),
    ...(values['user-certificate'] !== undefined && {
      userCertificateFile: resolve(values['user-certificate']),
    }),
    ...(values['user-key'] !== undefined && { userKeyFile: resolve(values['user-key']) }),
  });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.join('.') ?? '';
  throw usageError(`${WRITTEN[key] ?? key} ${issue?.message ?? 'is wrong'}`);
}

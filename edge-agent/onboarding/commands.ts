/** The commands of an engineer at a terminal that talk to a server. Each throws StartError, ConfigError or UaFailure with plain sentences. */
import { join } from 'node:path';
import { isIdSegment, ID_SEGMENT_RULE } from '#domain/asset-path.ts';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import { StartError } from '#platform/errors.ts';
import type { SourceSignal } from '../pipeline/source.ts';
import { withAbsolutePaths } from '../read-config.ts';
import { listEndpoints } from '../sources/opcua/discovery.ts';
import { certificateSha256, formatFingerprint, ownIdentity } from '../sources/opcua/pki.ts';
import type { AgentFile } from './agent-file.ts';
import {
  endpointOf,
  namesOf,
  nextCommand,
  placeOf,
  positive,
  usageError,
  type CommandLine,
} from './command-line.ts';
import { hasOwnPage, kindOf } from './kinds.ts';
import { openFile, type Terminal } from './machine-list.ts';
import { Pins } from './pins.ts';
import { probe, type ProbeStep } from './probe.ts';
import { jsonLine, treeLines } from './tree-print.ts';
import { describedTree, propose, withServer, type Proposal, type ServerAccess } from './propose.ts';

interface Place {
  readonly file: AgentFile;
  readonly pins: Pins;
  readonly access: ServerAccess;
}

/** Who we are, what is pinned for this server, how to get in. */
async function place(line: CommandLine): Promise<Place> {
  const file = await openFile(line);
  const config = withAbsolutePaths(file.config(), file.path);
  const pkiDir = config.opcua.pkiDir ?? join(config.dataDir, 'pki');
  const pins = new Pins(pkiDir);
  const endpoint = endpointOf(line, undefined);
  const known = config.machines.find(({ opcua }) => opcua.endpoint === endpoint.endpoint);
  const sha256 =
    line.values.fingerprint ?? known?.opcua.serverCertificateSha256 ?? (await pins.of(endpoint.endpoint));
  const identity = await ownIdentity(pkiDir, config.opcua.applicationName);
  const values = withKnownLogin(line.values, known?.opcua);
  return {
    file,
    pins,
    access: {
      endpoint: endpointOf({ ...line, values }, sha256),
      identity,
      timeoutMs: line.timeoutMs,
    },
  };
}

/** What is said of the login prevails over the configuration; the two sorts of login do not mix. */
function withKnownLogin(
  said: CommandLine['values'],
  known: OpcUaEndpoint | undefined,
): CommandLine['values'] {
  const { username, passwordFile, userCertificateFile, userKeyFile } = known ?? {};
  const saysName = said.username !== undefined || said['password-file'] !== undefined;
  const saysCertificate = said['user-certificate'] !== undefined || said['user-key'] !== undefined;
  const named = {
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && { 'password-file': passwordFile }),
  };
  const certified = {
    ...(userCertificateFile !== undefined && { 'user-certificate': userCertificateFile }),
    ...(userKeyFile !== undefined && { 'user-key': userKeyFile }),
  };
  return { ...(!saysCertificate && named), ...(!saysName && certified), ...said };
}

const MARKS: Readonly<Record<ProbeStep['outcome'], string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'FAILED ',
  skipped: '-      ',
};

/** Answers false when a step failed. */
export async function probeCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  const { access } = await place(line);
  const report = await probe({
    ...access,
    next: (command, security) => nextCommand(line, command, security),
    onStep: ({ step, outcome, says, remedy }) => {
      terminal.write(`${MARKS[outcome]} ${step.padEnd(11)} ${says}\n`);
      if (remedy !== undefined) terminal.write(`${' '.repeat(20)}-> ${remedy}\n`);
    },
  });
  const { identity } = access;
  terminal.write(
    `This agent: ${identity.applicationUri}, certificate SHA-256 ${formatFingerprint(identity.certificateSha256)}\n` +
      `            ${identity.certificateFile}\n`,
  );
  return report.steps.every(({ outcome }) => outcome !== 'failed');
}

const normalise = (fingerprint: string): string => fingerprint.replaceAll(/[:\s]/g, '').toLowerCase();

export async function trustCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  const { file, pins, access } = await place(line);
  const { endpoint } = access.endpoint;
  const offered = await listEndpoints(endpoint, access.identity, access.timeoutMs);
  const certificate = offered.find((one) => one.certificate)?.certificate;
  if (!certificate)
    throw new StartError(
      'NO_CERTIFICATE',
      `${endpoint} shows no certificate`,
      'give the server a certificate',
    );
  const shown = certificateSha256(certificate);
  terminal.write(
    `${offered[0]?.serverName ?? ''} at ${endpoint} shows the certificate with SHA-256\n  ${formatFingerprint(shown)}\n`,
  );
  await confirm(line, shown, terminal);
  await pins.set(endpoint, shown);
  const machines = file.pin(endpoint, shown);
  if (machines.length > 0) await file.save();
  terminal.write(
    machines.length > 0
      ? `Confirmed for ${machines.join(', ')} in ${file.path}.\n`
      : `Confirmed. Add the machine now: ${nextCommand(line, 'add')}\n`,
  );
  return true;
}

async function confirm({ values }: CommandLine, shown: string, terminal: Terminal): Promise<void> {
  if (values.fingerprint !== undefined) {
    if (normalise(values.fingerprint) === shown) return;
    throw new StartError(
      'OTHER_CERTIFICATE',
      'this is not the certificate that --fingerprint names',
      'whether the address is right, and whether somebody stands in between',
    );
  }
  if (values.yes) return;
  const answer = await terminal.ask('Is it the one that the server itself shows? Type yes to trust it: ');
  if (answer?.trim().toLowerCase() === 'yes') return;
  throw new StartError(
    'NOT_CONFIRMED',
    'the certificate was not confirmed; nothing is changed',
    answer === undefined
      ? 'there is no terminal to ask: give --fingerprint SHA256, or --yes'
      : 'the fingerprint at the server',
  );
}

export async function browseCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  const { access } = await place(line);
  const maxDepth = positive(line.values.depth, '--depth');
  const nodes = await withServer(access, (context, readLimit) =>
    describedTree(context, readLimit, line.values.path, { maxDepth, maxNodes: 200_000 }),
  );
  if (line.values.json) {
    for (const node of nodes) terminal.write(`${jsonLine(node)}\n`);
    return true;
  }
  for (const text of treeLines(nodes)) terminal.write(`${text}\n`);
  const variables = nodes.filter(({ isVariable }) => isVariable).length;
  terminal.write(`${nodes.length} nodes, ${variables} of them variables\n`);
  return true;
}

const describeSignal = ({ path, dataType, isArray, unit, range }: SourceSignal): string =>
  `  ${path.padEnd(48)} ${(dataType + (isArray ? '[]' : '')).padEnd(14)} ${(unit?.symbol ?? '').padEnd(8)} ${range ? `${range.low} .. ${range.high}` : ''}`.trimEnd();

export async function addCommand(line: CommandLine, terminal: Terminal): Promise<boolean> {
  const { values } = line;
  const { id } = values;
  if (id === undefined && !values['dry-run']) throw usageError('the machine needs an --id');
  if (id !== undefined && !isIdSegment(id)) throw usageError(`--id must be ${ID_SEGMENT_RULE}`);
  const kind = kindOf(values.kind);
  const name = namesOf(line, id ?? 'ID');
  const { file, access } = await place(line);
  const assetPath = placeOf(line, file.config().assetPath);
  if (id !== undefined) file.assertFree(id);
  const proposal = await withServer(access, (context, readLimit) =>
    propose(context, readLimit, { path: values.path, include: values.include, exclude: values.exclude }),
  );
  terminal.write(`Begins at ${proposal.root}\n`);
  for (const signal of proposal.signals) terminal.write(`${describeSignal(signal)}\n`);
  for (const { path, reason } of proposal.failed) terminal.write(`  left out: ${path}: ${reason}\n`);
  terminal.write(`${proposal.signals.length} signals\n`);
  if (kind === undefined)
    terminal.write(`Kind: ${proposal.recognised.kind} (${proposal.recognised.why}; --kind says otherwise)\n`);
  else if (!hasOwnPage(kind)) terminal.write(`Kind: ${kind} (of your own: it gets the general page)\n`);
  if (proposal.signals.length === 0)
    throw new StartError(
      'NO_SIGNALS',
      'there is no variable to watch',
      '--path, --include and --exclude; `npm run edge -- browse` shows the tree',
    );
  const twin = file
    .config()
    .machines.find(
      ({ opcua, browse }) =>
        opcua.endpoint === access.endpoint.endpoint && browse?.root === proposal.browse.root,
    );
  if (twin)
    terminal.write(`Note: ${twin.id} reads the same of this server: its values will be there twice.\n`);
  if (id === undefined) return true;
  file.addMachine(
    { ...machineEntry(id, line, access, proposal), ...(name && { name }), ...(assetPath && { assetPath }) },
    `${proposal.signals.length} signals when it was added`,
  );
  file.config();
  if (values['dry-run']) {
    terminal.write(`Nothing was written (--dry-run). ${id} would go into ${file.path}.\n`);
    return true;
  }
  await file.save();
  terminal.write(
    `${id} is in ${file.path}. A running agent takes it up by itself${file.isNew ? '; start one with: npm run edge -- run' : ''}.\n`,
  );
  return true;
}

/** What goes into the file: only what differs from the defaults. */
interface MachineEntry {
  readonly id: string;
  readonly [key: string]: unknown;
}

function machineEntry(
  id: string,
  line: CommandLine,
  { endpoint }: ServerAccess,
  proposal: Proposal,
): MachineEntry {
  const { values } = line;
  const { browse, signals } = proposal;
  return {
    id,
    kind: values.kind ?? proposal.recognised.kind,
    opcua: {
      endpoint: endpoint.endpoint,
      ...(endpoint.securityMode !== 'SignAndEncrypt' && { securityMode: endpoint.securityMode }),
      ...(endpoint.securityPolicy !== 'Basic256Sha256' && { securityPolicy: endpoint.securityPolicy }),
      ...(endpoint.serverCertificateSha256 !== undefined && {
        serverCertificateSha256: endpoint.serverCertificateSha256,
      }),
      ...(endpoint.username !== undefined && { username: endpoint.username }),
      ...(endpoint.passwordFile !== undefined && { passwordFile: endpoint.passwordFile }),
      ...(endpoint.userCertificateFile !== undefined && {
        userCertificateFile: endpoint.userCertificateFile,
      }),
      ...(endpoint.userKeyFile !== undefined && { userKeyFile: endpoint.userKeyFile }),
    },
    ...(values.explicit
      ? {
          signals: signals.map(({ path, nodeId, unit, range }) => ({
            path,
            nodeId,
            ...(unit && { unit }),
            ...(range && { range }),
          })),
        }
      : {
          browse: {
            root: browse.root,
            ...(values.include && { include: browse.include }),
            ...(values.exclude && { exclude: browse.exclude }),
          },
        }),
  };
}

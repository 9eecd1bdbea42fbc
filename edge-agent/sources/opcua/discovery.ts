import { connect } from 'node:net';
import {
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  UserTokenType,
  type EndpointDescription,
} from 'node-opcua-client';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import { UaFailure, toFailure } from './failure.ts';
import { within } from './deadline.ts';
import { loginKind, type LoginKind } from './login.ts';
import {
  PinnedCertificateStore,
  certificateSha256,
  formatFingerprint,
  leafOf,
  type OwnIdentity,
} from './pki.ts';

/** One way in that the server offers, in plain words. */
export interface OfferedEndpoint {
  readonly url: string;
  readonly securityMode: 'None' | 'Sign' | 'SignAndEncrypt' | 'Invalid';
  readonly securityPolicy: string;
  readonly logins: readonly ('anonymous' | 'username' | 'certificate' | 'token')[];
  readonly certificate: Buffer | undefined;
  readonly serverName: string;
  readonly applicationUri: string;
}

const DEFAULT_PORT = 4840;

export function hostAndPort(endpoint: string): { host: string; port: number } {
  const url = new URL(endpoint.replace(/^opc\.tcp:/, 'http:'));
  // The http scheme hides its own default port 80.
  const written = /^opc\.tcp:\/\/(?:\[[^\]]*\]|[^/:]*):(\d+)/.exec(endpoint)?.[1];
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: written ? Number(written) : DEFAULT_PORT };
}

/** Opens and closes a bare TCP connection: the network's own answer, before any protocol. @throws UaFailure */
export async function reach(
  endpoint: string,
  timeoutMs: number,
): Promise<{ address: string; tookMs: number }> {
  const { host, port } = hostAndPort(endpoint);
  const startedAt = performance.now();
  const socket = connect({ host, port });
  try {
    await within(
      timeoutMs,
      `connecting to ${host}:${port}`,
      new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
    );
    return { address: socket.remoteAddress ?? host, tookMs: performance.now() - startedAt };
  } catch (error) {
    if (error instanceof UaFailure)
      throw new UaFailure(
        'retry',
        'ETIMEDOUT',
        `${endpoint} does not answer`,
        'Check cable, address and firewall: nothing answers there',
      ).because(error);
    throw toFailure(error, endpoint);
  } finally {
    socket.destroy();
  }
}

const LOGINS = new Map<UserTokenType, OfferedEndpoint['logins'][number]>([
  [UserTokenType.Anonymous, 'anonymous'],
  [UserTokenType.UserName, 'username'],
  [UserTokenType.Certificate, 'certificate'],
  [UserTokenType.IssuedToken, 'token'],
]);

function describeEndpoint(raw: EndpointDescription): OfferedEndpoint {
  const mode = MessageSecurityMode[raw.securityMode] as OfferedEndpoint['securityMode'] | undefined;
  const certificate = raw.serverCertificate as Buffer | null;
  return {
    url: raw.endpointUrl ?? '',
    securityMode: mode ?? 'Invalid',
    securityPolicy: (raw.securityPolicyUri ?? '').replace(/^.*#/, ''),
    logins: [...new Set((raw.userIdentityTokens ?? []).map(({ tokenType }) => LOGINS.get(tokenType)))].filter(
      (login) => login !== undefined,
    ),
    certificate: certificate && certificate.length > 0 ? leafOf(certificate) : undefined,
    serverName: raw.server.applicationName.text ?? '',
    applicationUri: raw.server.applicationUri ?? '',
  };
}

/** GetEndpoints over an unsecured channel, as every server must allow (Part 4, 5.5.4). @throws UaFailure */
export async function listEndpoints(
  endpoint: string,
  identity: OwnIdentity,
  timeoutMs: number,
  onServerTime?: (serverMs: number) => void,
): Promise<OfferedEndpoint[]> {
  const client = OPCUAClient.create({
    clientName: 'edge agent, discovery',
    applicationName: identity.applicationName,
    applicationUri: identity.applicationUri,
    certificateFile: identity.certificateFile,
    privateKeyFile: identity.privateKeyFile,
    clientCertificateManager: new PinnedCertificateStore(undefined),
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
  });
  if (onServerTime)
    client.on('receive_response', ({ responseHeader }) => {
      if (responseHeader.timestamp) onServerTime(responseHeader.timestamp.getTime());
    });
  try {
    return await within(
      timeoutMs,
      `asking ${endpoint} for its endpoints`,
      client.connect(endpoint).then(async () => (await client.getEndpoints()).map(describeEndpoint)),
    );
  } catch (error) {
    throw toFailure(error, endpoint);
  } finally {
    await within(2_000, 'closing', client.disconnect()).catch(() => undefined);
  }
}

const LOGIN_REMEDIES: Readonly<Record<LoginKind, string>> = {
  anonymous:
    'Set username and passwordFile of the machine (--username and --password-file of a command), or userCertificateFile and userKeyFile (--user-certificate and --user-key)',
  username: 'Allow user names at the server',
  certificate: 'Allow user certificates at the server',
};

/** The endpoint that the configuration asks for, its certificate compared with the pinned one. @throws UaFailure */
export function chooseEndpoint(config: OpcUaEndpoint, offered: readonly OfferedEndpoint[]): OfferedEndpoint {
  const wanted = offered.find(
    ({ securityMode, securityPolicy }) =>
      securityMode === config.securityMode && securityPolicy === config.securityPolicy,
  );
  if (!wanted) {
    const offers = offered.map(({ securityMode, securityPolicy }) => `${securityMode}/${securityPolicy}`);
    throw new UaFailure(
      'refused',
      'NO_SUCH_SECURITY',
      `${config.endpoint} does not offer ${config.securityMode} with ${config.securityPolicy}; it offers ${[...new Set(offers)].join(', ') || 'nothing'}`,
      'Switch the policy on at the server, or set securityMode and securityPolicy of the machine to one of these',
    );
  }
  const login = loginKind(config);
  if (!wanted.logins.includes(login))
    throw new UaFailure(
      'refused',
      'NO_SUCH_LOGIN',
      `${config.endpoint} does not offer ${login} login; it offers ${wanted.logins.join(', ') || 'none'}`,
      LOGIN_REMEDIES[login],
    );
  if (config.securityMode !== 'None') checkPin(config, wanted);
  return wanted;
}

function checkPin(config: OpcUaEndpoint, { certificate }: OfferedEndpoint): void {
  if (!certificate)
    throw new UaFailure(
      'refused',
      'NO_CERTIFICATE',
      `${config.endpoint} shows no certificate`,
      'Give the server a certificate',
    );
  const shown = certificateSha256(certificate);
  if (shown === config.serverCertificateSha256) return;
  const trust = `compare it with the one that the server itself shows and pin it: npm run edge -- trust ${config.endpoint}`;
  if (config.serverCertificateSha256 === undefined)
    throw new UaFailure(
      'refused',
      'UNTRUSTED',
      `the certificate of ${config.endpoint} was never confirmed; its SHA-256 is ${formatFingerprint(shown)}`,
      trust[0]?.toUpperCase() + trust.slice(1),
    );
  throw new UaFailure(
    'refused',
    'CERTIFICATE_CHANGED',
    `${config.endpoint} shows another certificate (${formatFingerprint(shown)}) than the one that was confirmed`,
    `If it was renewed on purpose, ${trust}; if not, somebody may stand in between`,
  );
}

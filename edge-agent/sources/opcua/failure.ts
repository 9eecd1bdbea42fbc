import { StatusCodes, type StatusCode as UaStatusCode } from 'node-opcua-client';
import { ConnectionError, codeOf, messageOf } from '#platform/errors.ts';
import { SOCKET_CHECKS } from '#platform/socket-checks.ts';

/**
 * A connection that did not come about or ended. `retry`: it may come by itself. `refused`: a person has to do
 * something (certificate, login, security policy); it is tried again too, but rarely.
 */
export class UaFailure extends ConnectionError {
  readonly kind: 'retry' | 'refused';
  /** What to check or do, one plain sentence. */
  readonly remedy: string;

  constructor(kind: 'retry' | 'refused', code: string, message: string, remedy: string) {
    super(code, message);
    this.kind = kind;
    this.remedy = remedy;
  }

  because(cause: unknown): this {
    this.cause = cause;
    return this;
  }

  /** Both sentences, as far as a machine's state has room for them. */
  get detail(): string {
    return `${this.message}. ${this.remedy}.`.slice(0, 500);
  }
}

interface StatusHolder {
  statusCode?: unknown;
  response?: { responseHeader?: { serviceResult?: unknown } };
}

const isStatus = (value: unknown): value is UaStatusCode =>
  typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'number';

/** StatusCode of a service that failed; `undefined` when the failure was not an answer of the server. */
export function serviceStatus(error: unknown): UaStatusCode | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { statusCode, response } = error as StatusHolder;
  const found = response?.responseHeader?.serviceResult ?? statusCode;
  return isStatus(found) ? found : undefined;
}

export const isServiceStatus = (error: unknown, ...codes: readonly UaStatusCode[]): boolean => {
  const status = serviceStatus(error);
  return status !== undefined && codes.some(({ value }) => value === status.value);
};

interface Verdict {
  readonly kind: 'retry' | 'refused';
  readonly says: string;
  readonly remedy: string;
}

const OWN_CERTIFICATE: Verdict = {
  kind: 'refused',
  says: 'does not accept the certificate of this agent',
  remedy:
    'Trust the agent on the server (move its certificate from the rejected to the trusted list); `npm run edge -- probe` prints its fingerprint and its file',
};
const LOGIN: Verdict = {
  kind: 'refused',
  says: 'does not accept the login',
  remedy:
    'Check user name and password (username and passwordFile of the machine, --username and --password-file of a command) or that the server trusts the user certificate, and the rights of that user on the server',
};
const TOO_MANY: Verdict = {
  kind: 'retry',
  says: 'has no session left for another client',
  remedy:
    'Close other clients or raise its session limit; sessions that were left behind end by themselves after their time-out',
};
const STARTING: Verdict = {
  kind: 'retry',
  says: 'is not ready yet, or is shutting down',
  remedy: 'Wait until the server has started',
};

const VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [StatusCodes.BadSecurityChecksFailed.value, OWN_CERTIFICATE],
  [StatusCodes.BadCertificateUntrusted.value, OWN_CERTIFICATE],
  [StatusCodes.BadCertificateInvalid.value, OWN_CERTIFICATE],
  [StatusCodes.BadCertificateUriInvalid.value, OWN_CERTIFICATE],
  [StatusCodes.BadCertificateUseNotAllowed.value, OWN_CERTIFICATE],
  [StatusCodes.BadCertificateChainIncomplete.value, OWN_CERTIFICATE],
  [
    StatusCodes.BadCertificateTimeInvalid.value,
    {
      ...OWN_CERTIFICATE,
      remedy: 'Compare the clocks of agent and server: a certificate is valid only within its dates',
    },
  ],
  [StatusCodes.BadIdentityTokenRejected.value, LOGIN],
  [StatusCodes.BadIdentityTokenInvalid.value, LOGIN],
  [StatusCodes.BadUserAccessDenied.value, LOGIN],
  [StatusCodes.BadUserSignatureInvalid.value, LOGIN],
  [StatusCodes.BadTooManySessions.value, TOO_MANY],
  [StatusCodes.BadMaxConnectionsReached.value, TOO_MANY],
  [StatusCodes.BadTcpNotEnoughResources.value, TOO_MANY],
  [StatusCodes.BadServerHalted.value, STARTING],
  [StatusCodes.BadShutdown.value, STARTING],
  [StatusCodes.BadTcpServerTooBusy.value, STARTING],
  [
    StatusCodes.BadSecurityPolicyRejected.value,
    {
      kind: 'refused',
      says: 'does not accept the security policy',
      remedy: 'Choose one that `npm run edge -- probe` lists',
    },
  ],
  [
    StatusCodes.BadTcpEndpointUrlInvalid.value,
    {
      kind: 'refused',
      says: 'does not know the path of the endpoint URL',
      remedy: 'Compare the URL with those that `npm run edge -- probe` lists',
    },
  ],
]);

/** The library ends some of its sentences with `,.`. */
const firstSentence = (text: string): string => (text.split('\n')[0] ?? '').replace(/[\s.,;:]+$/, '');

/** Any error of connecting or of a session, as what happened and what to do. */
export function toFailure(error: unknown, endpoint: string): UaFailure {
  if (error instanceof UaFailure) return error;
  const status = serviceStatus(error);
  if (status) {
    const verdict = VERDICTS.get(status.value);
    return new UaFailure(
      verdict?.kind ?? 'retry',
      status.name,
      `${endpoint} ${verdict?.says ?? 'answered with an error'} (${status.name})`,
      verdict?.remedy ?? 'Look into the log of the server if this stays',
    ).because(error);
  }
  const code = codeOf(error);
  const check = SOCKET_CHECKS[code];
  if (check !== undefined)
    return new UaFailure('retry', code, `${endpoint} cannot be reached (${code})`, `Check ${check}`).because(
      error,
    );
  return new UaFailure(
    'retry',
    code === 'UNKNOWN' ? 'CONNECTION_LOST' : code,
    `the connection to ${endpoint} failed: ${firstSentence(messageOf(error))}`,
    'Check that an OPC UA server (opc.tcp) listens there, and the network',
  ).because(error);
}

import type { ProblemKey } from '../i18n/problem-keys.ts';

/** By code of the edge agent: socket errors, its own words, status codes of OPC UA. Sorted by what a person has to check. */
const CODES: readonly (readonly [ProblemKey, RegExp])[] = [
  ['problem.not-listening', /^ECONNREFUSED$/],
  ['problem.no-answer', /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TIMEOUT|BadTimeout)$/],
  ['problem.unknown-host', /^(ENOTFOUND|EAI_AGAIN)$/],
  ['problem.silent', /^SILENT$/],
  ['problem.clock', /^BadCertificateTimeInvalid$/],
  [
    'problem.own-certificate',
    /^(BadSecurityChecksFailed|BadCertificate(Untrusted|Invalid|UriInvalid|UseNotAllowed|ChainIncomplete))$/,
  ],
  [
    'problem.login',
    /^(BadIdentityToken(Rejected|Invalid)|BadUser(AccessDenied|SignatureInvalid)|NO_SUCH_LOGIN|NO_PASSWORD|NO_USER_CERTIFICATE)$/,
  ],
  ['problem.too-many', /^Bad(TooManySessions|MaxConnectionsReached|TcpNotEnoughResources)$/],
  ['problem.starting', /^(Bad(ServerHalted|Shutdown|TcpServerTooBusy)|SERVER_NOT_RUNNING)$/],
  ['problem.security', /^(BadSecurityPolicyRejected|NO_SUCH_SECURITY)$/],
  ['problem.language', /^LANGUAGE_KEPT$/],
  ['problem.unconfirmed', /^(UNTRUSTED|NO_CERTIFICATE)$/],
  ['problem.certificate-changed', /^CERTIFICATE_CHANGED$/],
  ['problem.wrong-path', /^BadTcpEndpointUrlInvalid$/],
  ['problem.no-signals', /^(NO_SIGNALS|ROOT_UNKNOWN)$/],
  [
    'problem.broke-off',
    /^(CONNECTION_LOST|ECONNRESET|ECONNABORTED|EPIPE|BadConnectionClosed|BadSecureChannelClosed)$/,
  ],
];

/** The sentence for a code; `undefined` for one that has none: then the agent's own stands. */
export const problemKey = (code: string): ProblemKey | undefined =>
  CODES.find(([, pattern]) => pattern.test(code))?.[0];

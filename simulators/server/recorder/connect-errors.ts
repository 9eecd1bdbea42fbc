import type { StatusCode } from 'node-opcua';
import { StatusCodes } from 'node-opcua';
import { codeOf, messageOf, StartError } from '#platform/errors.ts';
import { SOCKET_CHECKS } from '#platform/socket-checks.ts';

const LOGIN =
  'the user name and the password, and the rights of that user on the machine (--user, --password-file)';
const TRUST = "the machine's list of rejected certificates: it must trust that of the recorder";
const REFUSED: ReadonlyMap<number, string> = new Map([
  [StatusCodes.BadUserAccessDenied.value, LOGIN],
  [StatusCodes.BadIdentityTokenRejected.value, LOGIN],
  [StatusCodes.BadIdentityTokenInvalid.value, LOGIN],
  [StatusCodes.BadSecurityChecksFailed.value, TRUST],
  [StatusCodes.BadCertificateUntrusted.value, TRUST],
  [StatusCodes.BadCertificateUriInvalid.value, TRUST],
  [
    StatusCodes.BadTooManySessions.value,
    'whether another client may be closed: the machine takes no more sessions',
  ],
]);

/** Why a machine cannot be recorded, and what to check. */
export function toStartError(error: unknown, endpointUrl: string): StartError {
  if (error instanceof StartError) return error;
  const { statusCode } = error as { readonly statusCode?: StatusCode };
  if (statusCode !== undefined)
    return new StartError(
      'MACHINE_REFUSES',
      `${endpointUrl} refuses: ${statusCode.name} (${statusCode.description})`,
      REFUSED.get(statusCode.value) ?? 'what the log of the machine says',
      { cause: error },
    );
  const check = SOCKET_CHECKS[codeOf(error)];
  return new StartError(
    'MACHINE_UNREACHABLE',
    `${endpointUrl} cannot be reached: ${messageOf(error)}`,
    check ?? 'that it is an OPC UA server (opc.tcp) that listens there',
    { cause: error },
  );
}

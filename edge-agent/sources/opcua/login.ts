import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserTokenType, type UserIdentityInfo } from 'node-opcua-client';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import { messageOf } from '#platform/errors.ts';
import { UaFailure } from './failure.ts';

export type LoginKind = 'anonymous' | 'username' | 'certificate';

/** How the configuration wants to log in. */
export function loginKind({ username, userCertificateFile }: OpcUaEndpoint): LoginKind {
  if (userCertificateFile !== undefined) return 'certificate';
  return username === undefined ? 'anonymous' : 'username';
}

/** Files are read each time, so that a renewed password or certificate is taken. @throws UaFailure */
export async function loginOf(endpoint: OpcUaEndpoint): Promise<UserIdentityInfo> {
  switch (loginKind(endpoint)) {
    case 'anonymous':
      return { type: UserTokenType.Anonymous };
    case 'username':
      return passwordLogin(endpoint);
    case 'certificate':
      return certificateLogin(endpoint);
  }
}

async function passwordLogin(endpoint: OpcUaEndpoint): Promise<UserIdentityInfo> {
  try {
    const password = endpoint.passwordFile ? (await readFile(endpoint.passwordFile, 'utf8')).trimEnd() : '';
    return { type: UserTokenType.UserName, userName: endpoint.username ?? '', password };
  } catch (error) {
    throw new UaFailure(
      'refused',
      'NO_PASSWORD',
      `the password for ${endpoint.endpoint} cannot be read: ${messageOf(error)}`,
      'Check passwordFile of the machine and its permissions',
    ).because(error);
  }
}

/** The certificate goes to the server; the key signs the server's nonce here and never leaves (OPC 10000-4, 7.40.6). */
async function certificateLogin({
  endpoint,
  userCertificateFile = '',
  userKeyFile = '',
}: OpcUaEndpoint): Promise<UserIdentityInfo> {
  const unusable = (what: string, remedy: string, cause?: unknown): UaFailure =>
    new UaFailure('refused', 'NO_USER_CERTIFICATE', `the login for ${endpoint}: ${what}`, remedy).because(
      cause,
    );
  const read = async <Result>(file: string, make: (bytes: Buffer) => Result): Promise<Result> => {
    try {
      return make(await readFile(file));
    } catch (error) {
      throw unusable(
        `${file} cannot be used: ${messageOf(error)}`,
        'Check userCertificateFile (PEM or DER) and userKeyFile (PEM without a pass phrase) of the machine and their permissions',
        error,
      );
    }
  };
  const certificate = await read(userCertificateFile, (bytes) => new X509Certificate(bytes));
  const privateKey = await read(userKeyFile, (bytes) => createPrivateKey(bytes));
  const own = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  if (!own.equals(certificate.publicKey.export({ type: 'spki', format: 'der' })))
    throw unusable(
      `${userKeyFile} is not the key of ${userCertificateFile}`,
      'Give the key that the certificate was made with',
    );
  if (certificate.validToDate.getTime() < Date.now())
    throw unusable(
      `${userCertificateFile} was valid until ${certificate.validToDate.toISOString()}`,
      'Renew the certificate, and let the server trust the new one',
    );
  return {
    type: UserTokenType.Certificate,
    certificateData: certificate.raw,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

import { X509Certificate, createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { StatusCodes, type StatusCode as UaStatusCode } from 'node-opcua-client';

/** SHA-256 of the certificate's DER bytes, 64 lower-case hex digits. */
export const certificateSha256 = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/** `A1:B2:...`, as certificate viewers print it. */
export const formatFingerprint = (sha256: string): string =>
  (sha256.toUpperCase().match(/../g) ?? []).join(':');

/** The first certificate of a chain as servers send it (certificates one behind the other). */
export function leafOf(chain: Uint8Array): Buffer {
  const bytes = Buffer.from(chain);
  // DER: 0x30 0x82 <two bytes of length>: certificates are longer than 255 and shorter than 65,536 bytes.
  const length = bytes[0] === 0x30 && bytes[1] === 0x82 ? bytes.readUInt16BE(2) + 4 : bytes.length;
  return bytes.subarray(0, Math.min(length, bytes.length));
}

export interface OwnIdentity {
  readonly applicationName: string;
  readonly applicationUri: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly certificateSha256: string;
}

const VALIDITY_DAYS = 3650;

/**
 * The agent's own key and certificate (RSA 2048, self-signed, ten years), made on first use under `pkiDir`. The application
 * URI is in the certificate, so it must stay the same: it is kept beside it.
 */
export async function ownIdentity(pkiDir: string, applicationName: string): Promise<OwnIdentity> {
  await mkdir(pkiDir, { recursive: true, mode: 0o700 });
  const uriFile = join(pkiDir, 'application-uri.txt');
  const certificateFile = join(pkiDir, 'own', 'certs', 'agent.pem');
  if (!existsSync(uriFile)) {
    await writeFile(`${uriFile}.new`, `urn:${hostname()}:edge-agent:${randomUUID().slice(0, 8)}\n`);
    await rename(`${uriFile}.new`, uriFile);
  }
  const applicationUri = (await readFile(uriFile, 'utf8')).trim();
  const manager = new OPCUACertificateManager({
    rootFolder: pkiDir,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
  });
  await manager.initialize();
  try {
    if (!existsSync(certificateFile)) {
      const fresh = `${certificateFile}.new`;
      await rm(fresh, { force: true });
      await manager.createSelfSignedCertificate({
        applicationUri,
        dns: [hostname()],
        outputFile: fresh,
        subject: `/CN=${applicationName.replaceAll('/', ' ')}/O=Brest smart factory`,
        startDate: new Date(Date.now() - 86_400_000),
        validity: VALIDITY_DAYS,
      });
      await rename(fresh, certificateFile);
    }
    const certificate = new X509Certificate(await readFile(certificateFile));
    return {
      applicationName,
      applicationUri,
      certificateFile,
      privateKeyFile: manager.privateKey,
      certificateSha256: certificateSha256(certificate.raw),
    };
  } finally {
    await manager.dispose();
  }
}

/** Trusts exactly the certificate with one fingerprint, as a person confirmed it; nothing else, ever. */
export class PinnedCertificateStore {
  referenceCounter = 0;
  readonly #sha256: string | undefined;

  constructor(sha256: string | undefined) {
    this.#sha256 = sha256;
  }

  async initialize(): Promise<void> {}
  async dispose(): Promise<void> {}

  async checkCertificate(certificate: Uint8Array | Uint8Array[]): Promise<UaStatusCode> {
    const leaf = Array.isArray(certificate) ? certificate[0] : certificate;
    return leaf && certificateSha256(leafOf(leaf)) === this.#sha256
      ? StatusCodes.Good
      : StatusCodes.BadCertificateUntrusted;
  }

  async verifyCertificate(certificate: Uint8Array | Uint8Array[]): Promise<string> {
    return (await this.checkCertificate(certificate)).name;
  }

  async getTrustStatus(certificate: Uint8Array): Promise<UaStatusCode> {
    return this.checkCertificate(certificate);
  }

  async trustCertificate(): Promise<void> {}
  async rejectCertificate(): Promise<void> {}
  async addIssuer(): Promise<void> {}
  async addRevocationList(): Promise<void> {}
}

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import path from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';
import { makeSelfSigned } from './self-signed.ts';

/** Certificate and key as PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 825;
const RENEW_DAYS = 30;

/** Every name and address under which this machine may be reached. */
function ownHosts(host: string): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const usable = addresses.filter(({ scopeid }) => (scopeid ?? 0) === 0).map(({ address }) => address);
  return [...new Set(['localhost', hostname(), '127.0.0.1', '::1', ...usable, host])];
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}

function isStillGood({ certFile, keyFile }: TlsFiles, host: string): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false;
  const certificate = new X509Certificate(readFileSync(certFile));
  const leftMs = Date.parse(certificate.validTo) - Date.now();
  return leftMs > RENEW_DAYS * DAY_MS && covers(certificate, host);
}

/** The centre's own certificate for HTTPS and MQTT over TLS; made new when it nears its end or the address changed. */
export function ensureTlsFiles(secretsFolder: string, host: string): TlsFiles {
  const folder = path.join(secretsFolder, 'tls');
  const files = { certFile: path.join(folder, 'server.crt'), keyFile: path.join(folder, 'server.key') };
  if (isStillGood(files, host)) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { certificatePem, keyPem } = makeSelfSigned({
    commonName: 'Smart-factory centre',
    hosts: ownHosts(host),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
  });
  writeFileAtomic(files.keyFile, keyPem, 0o600);
  writeFileAtomic(files.certFile, certificatePem);
  return files;
}

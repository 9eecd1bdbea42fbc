import { generateKeyPair } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { OPCUACertificateManager } from 'node-opcua';

const KEY_BITS = 2048;

/**
 * The private key that all servers of this process have in common, made on first use, off the main thread. A key takes
 * a second or more to make; each server still has a certificate of its own, with its own ApplicationUri in it (OPC 10000-6,
 * 6.2.2), so that clients can pin each one.
 */
async function openSharedKey(pkiDir: string): Promise<string> {
  const keyFile = join(pkiDir, 'private_key.pem');
  if (existsSync(keyFile)) return keyFile;
  await mkdir(pkiDir, { recursive: true, mode: 0o700 });
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  // Whoever finds the file finds all of it.
  await writeFile(`${keyFile}.part`, privateKey, { mode: 0o600 });
  await rename(`${keyFile}.part`, keyFile);
  return keyFile;
}

/**
 * The folder with a server's key (a copy of the one in the folder above, unless it has one already) and self-signed certificate, made on first use.
 * A client certificate that was never seen is accepted and noted under `trusted/certs`: the simulators
 * listen on loopback, and a demonstration must not begin with moving certificates about.
 */
export async function openCertificateStore(folder: string): Promise<OPCUACertificateManager> {
  const ownKey = join(folder, 'own', 'private', 'private_key.pem');
  await mkdir(join(folder, 'own', 'private'), { recursive: true, mode: 0o700 });
  if (!existsSync(ownKey)) {
    await copyFile(await openSharedKey(dirname(folder)), `${ownKey}.part`);
    await rename(`${ownKey}.part`, ownKey);
  }
  const store = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    keySize: KEY_BITS,
  });
  await store.initialize();
  return store;
}

import { mkdir } from 'node:fs/promises';
import { OPCUACertificateManager } from 'node-opcua';

/**
 * The folder with a server's key and self-signed certificate, made on first use (RSA 2048).
 * A client certificate that was never seen is accepted and noted under `trusted/certs`: the simulators
 * listen on loopback, and a demonstration must not begin with moving certificates about.
 */
export async function openCertificateStore(folder: string): Promise<OPCUACertificateManager> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const store = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    keySize: 2048,
  });
  await store.initialize();
  return store;
}

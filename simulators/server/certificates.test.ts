import { X509Certificate, createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openCertificateStore } from './certificates.ts';

test('all servers of a process have one key, each a certificate with its own application URI; they last', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pki-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const make = async (machine: string): Promise<X509Certificate> => {
    const store = await openCertificateStore(join(folder, machine));
    const outputFile = join(folder, machine, 'own', 'certs', 'test.pem');
    await store.createSelfSignedCertificate({
      applicationUri: `urn:test:${machine}`,
      dns: ['localhost'],
      outputFile,
      subject: `/CN=${machine}`,
      startDate: new Date(),
      validity: 10,
    });
    await store.dispose();
    return new X509Certificate(await readFile(outputFile));
  };
  const certificates = [await make('a'), await make('b')];
  const [a, b] = certificates;
  expect(a?.subjectAltName).toContain('URI:urn:test:a');
  expect(b?.subjectAltName).toContain('URI:urn:test:b');
  expect(a?.fingerprint256).not.toBe(b?.fingerprint256);
  const keyFile = join(folder, 'private_key.pem');
  const key = createPublicKey(await readFile(keyFile, 'utf8'));
  for (const certificate of certificates) expect(certificate.publicKey.equals(key)).toBe(true);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const before = await readFile(keyFile);
  expect((await make('c')).publicKey.equals(key)).toBe(true);
  expect(await readFile(keyFile)).toEqual(before);
});

import { X509Certificate, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { addressBytes, makeSelfSigned } from './self-signed.ts';

const HOSTS = ['localhost', '127.0.0.1', '::1', 'centre.example', '2001:db8::17'];

function made(notAfter = new Date('2049-12-31T00:00:00Z')) {
  return makeSelfSigned({
    commonName: 'Centre',
    hosts: HOSTS,
    notBefore: new Date('2026-01-02T03:04:05Z'),
    notAfter,
  });
}

it('makes a certificate that OpenSSL reads, with the names, times and key asked for', () => {
  const { certificatePem, keyPem } = made();
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.subject).toBe('CN=Centre');
  expect(new Date(certificate.validFrom).toISOString()).toBe('2026-01-02T03:04:05.000Z');
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkHost('centre.example')).toBe('centre.example');
  expect(certificate.checkHost('other.example')).toBeUndefined();
  expect(certificate.checkIP('2001:db8::17')).toBeDefined();
  expect(certificate.checkIP('10.0.0.1')).toBeUndefined();
});

it('writes times from 2050 on in the form that RFC 5280 asks for', () => {
  const certificate = new X509Certificate(made(new Date('2055-06-07T08:09:10Z')).certificatePem);
  expect(new Date(certificate.validTo).toISOString()).toBe('2055-06-07T08:09:10.000Z');
});

it('serves HTTPS to a client that trusts it, and to no other', async () => {
  const { certificatePem, keyPem } = made();
  const server = createServer({ cert: certificatePem, key: keyPem }, (_request, response) =>
    response.end('hello'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const [response] = await once(get(url, { ca: certificatePem, agent: false }), 'response');
  expect(response.statusCode).toBe(200);
  response.resume();
  await expect(once(get(url, { agent: false }), 'response')).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  server.close();
});

it.each([
  ['10.1.2.3', '0a010203'],
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::17', '20010db8000000000000000000000017'],
  ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
])('knows the bytes of %s', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex);
});

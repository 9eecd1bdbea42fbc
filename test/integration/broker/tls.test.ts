import { readFileSync, rmSync } from 'node:fs';
import { connect as mqttConnect, connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureTlsFiles } from '../../../services/centre/tls-files.ts';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = makeTemporaryFolder('broker-tls');
const tls = ensureTlsFiles(folder, '127.0.0.1');
const login = { username: 'observer', password: TEST_PASSWORD, protocolVersion: 4 } as const;
let server: TestBroker;

beforeAll(async () => {
  server = await startTestBroker({ listen: { tcpPort: null, wsPort: null, tlsPort: 0, wssPort: 0, tls } });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['mqtts', 'tls', ''],
  ['wss', 'wss', '/mqtt'],
] as const)('%s takes clients that trust its certificate', async (scheme, transport, path) => {
  const url = `${scheme}://127.0.0.1:${server.broker.ports[transport]}${path}`;
  const ca = readFileSync(tls.certFile);
  const client = await connectAsync(url, { ...login, ca, wsOptions: { ca } });
  const granted = await client.subscribeAsync('spBv1.0/#');
  expect(granted[0]?.qos).toBe(0);
  await client.endAsync();
});

test('a client that does not know the certificate refuses it, and others still come in', async () => {
  const url = `mqtts://127.0.0.1:${server.broker.ports.tls}`;
  const stranger = mqttConnect(url, { ...login, reconnectPeriod: 0 });
  const error = await new Promise<Error>((resolve) => {
    stranger.once('error', resolve);
  });
  expect(error).toHaveProperty('code', expect.stringMatching(/CERT|SIGNED/) as string);
  const client = await connectAsync(url, { ...login, ca: readFileSync(tls.certFile) });
  await client.endAsync();
});

test('plain MQTT at the TLS port is not answered', async () => {
  const plain = mqttConnect(`mqtt://127.0.0.1:${server.broker.ports.tls}`, { ...login, reconnectPeriod: 0 });
  const outcome = await new Promise((resolve) => {
    plain.once('connect', () => resolve('connected'));
    plain.once('close', () => resolve('closed'));
  });
  expect(outcome).toBe('closed');
});

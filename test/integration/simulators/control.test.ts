import type { RepublishResponse } from 'node-opcua-client';
import type { EndpointsFile, SimulatedEndpoint } from '#contracts/config/simulators.ts';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttributeIds,
  StatusCodes,
  TimestampsToReturn,
  UserTokenType,
  VariantArrayType,
} from 'node-opcua-client';
import { DataType, OPCUAClient } from 'node-opcua-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { opcUaEndpointSchema } from '#contracts/config/edge-agent.ts';
import { createLogger } from '#platform/logger.ts';
import { ownIdentity } from '../../../edge-agent/sources/opcua/pki.ts';
import { openSession } from '../../../edge-agent/sources/opcua/session.ts';
import { parsePlant } from '../../../simulators/plants/load-plant.ts';
import { ControlServer, controlToken } from '../../../simulators/runtime/control-server.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { connect, localNodeId, watch } from './client.ts';

const PLANT = `
site: brest
enterprise: Technopark
name: { en: A mill and its air }
machines:
  - { id: mill-02, kind: old-mill, name: { en: Mill } }
  - { id: compressor-01, kind: compressor, name: { en: Compressor } }
  - { id: agv-01, kind: agv, name: { en: Vehicle }, serverProfile: small-plc }
`;
/** Of whoever waits for what is sure to come. */
const PATIENCE_MS = 30_000;
interface ControlAnswer {
  /** Of a problem. */
  readonly title?: string;
  readonly catalogue: Readonly<Record<string, readonly string[]>>;
  readonly scenarios: readonly object[];
  readonly faults: readonly object[];
  readonly stateHash: string;
  readonly startHash: string;
  readonly tookMs: number;
}

/** Republish is a service of the client's subscription, not of its types. */
interface RawSession {
  republish(options: object): Promise<RepublishResponse>;
}

let folder: string;
let factory: Factory;
let file: EndpointsFile;
let http: ControlServer;
let base: string;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'control-'));
  const config = simulatorsConfigSchema.parse({
    dataDir: folder,
    basePort: 0,
    seed: 5,
    ledger: join(folder, 'l'),
  });
  factory = new Factory(config, parsePlant(PLANT, 'test'), createLogger('test', 'silent'));
  file = await factory.start(new AbortController().signal);
  token = await controlToken(folder);
  http = new ControlServer(factory.control!, token);
  base = `http://127.0.0.1:${await http.start(0)}`;
}, 60_000);

afterAll(async () => {
  await http.stop();
  await factory.stop();
  await rm(folder, { recursive: true, force: true });
});

const endpointOf = (id: string): SimulatedEndpoint => file.endpoints.find((each) => each.id === id)!;

async function call(
  method: string,
  route: string,
  body?: unknown,
): Promise<{ status: number; json: ControlAnswer }> {
  const response = await fetch(base + route, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as ControlAnswer };
}

test('no fault without the token; every machine says which it knows', async () => {
  expect((await fetch(`${base}/control`)).status).toBe(401);
  const { json } = await call('GET', '/control');
  expect(Object.keys(json.catalogue)).toEqual(['mill-02', 'compressor-01', 'agv-01']);
  expect(json.catalogue['mill-02']).toContain('bearing');
  expect(json.scenarios.length).toBeGreaterThanOrEqual(12);
});

test('a fault goes in, is in the ledger, and reset brings back the state of the start within 10 s', async () => {
  const fault = { machine: 'compressor-01', fault: 'air-leak', severity: 0.8 };
  expect((await call('POST', '/control/faults', fault)).status).toBe(200);
  expect((await call('POST', '/control/faults', { ...fault, machine: 'nobody' })).status).toBe(422);
  const excessive = await call('POST', '/control/faults', { ...fault, severity: 2 });
  expect([excessive.status, excessive.json.title]).toEqual([400, 'severity must be at most 1']);
  await vi.waitFor(
    async () => {
      factory.flushLedger();
      expect(await readFile(join(folder, 'l'), 'utf8')).toContain('"fault":"air-leak","severity":0.8');
    },
    { timeout: PATIENCE_MS },
  );
  const before = (await call('GET', '/control')).json;
  expect(before.faults).toMatchObject([fault]);
  expect(before.stateHash).not.toBe(before.startHash);
  const { json } = await call('POST', '/control/reset');
  expect(json.stateHash).toBe(before.startHash);
  expect(json.tookMs).toBeLessThan(10_000);
  expect((await call('GET', '/control')).json.faults).toEqual([]);
});

test('the methods of a server obey the engineer only', async () => {
  const endpoint = endpointOf('mill-02');
  const anonymous = await connect(endpoint, folder);
  const objectId = `${await localNodeId(anonymous.session, endpoint.rootNodeId)}-Simulation`;
  const request = {
    objectId,
    methodId: `${objectId}-InjectFault`,
    inputArguments: [
      { dataType: DataType.String, arrayType: VariantArrayType.Scalar, value: 'bearing' },
      { dataType: DataType.Double, arrayType: VariantArrayType.Scalar, value: 0.5 },
      { dataType: DataType.String, arrayType: VariantArrayType.Scalar, value: '' },
      { dataType: DataType.Double, arrayType: VariantArrayType.Scalar, value: 0 },
      { dataType: DataType.Double, arrayType: VariantArrayType.Scalar, value: 0 },
    ],
  };
  expect((await anonymous.session.call(request)).statusCode).toBe(StatusCodes.BadUserAccessDenied);
  await anonymous.close();
  const own = await connect(endpoint, folder, {
    type: UserTokenType.UserName,
    userName: 'engineer',
    password: token,
  });
  const result = await own.session.call(request);
  expect([result.statusCode.name, result.outputArguments?.[0]?.value]).toEqual(['Good', '']);
  expect(factory.control?.state.faults).toMatchObject([{ machine: 'mill-02', fault: 'bearing' }]);
  const unknown = {
    ...request,
    inputArguments: request.inputArguments.with(0, { ...request.inputArguments[0]!, value: 'x' }),
  };
  expect((await own.session.call(unknown)).outputArguments?.[0]?.value).toContain('knows no fault x');
  await own.close();
  factory.control?.clear();
});

test('controllers: Bad and Uncertain periods, an offset clock, 1970', async () => {
  const endpoint = endpointOf('mill-02');
  const { session, close } = await connect(endpoint, folder);
  const nodeId = `${await localNodeId(session, endpoint.rootNodeId)}-PLC1-AI_VibrationRMS`;
  const read = () =>
    session.read({ nodeId, attributeId: AttributeIds.Value }, TimestampsToReturn.Both as never);
  const cases: [string, (value: Awaited<ReturnType<typeof read>>) => boolean][] = [
    ['bad-period', ({ statusCode }) => statusCode === StatusCodes.BadDeviceFailure],
    ['uncertain-period', ({ statusCode }) => statusCode === StatusCodes.UncertainSubNormal],
    ['clock-offset', ({ sourceTimestamp }) => (sourceTimestamp?.getTime() ?? 0) > Date.now() + 3_000_000],
    ['clock-1970', ({ sourceTimestamp }) => sourceTimestamp?.getUTCFullYear() === 1970],
  ];
  for (const [fault, isSeen] of cases) {
    expect(factory.control?.inject({ machine: 'mill-02', fault, severity: 1, rampS: 0 })).toBe('');
    await vi.waitUntil(async () => isSeen(await read()), { timeout: PATIENCE_MS });
    factory.control?.clear('mill-02', fault);
    await vi.waitUntil(async () => !isSeen(await read()), { timeout: PATIENCE_MS });
  }
  await close();
});

test('servers: limits shrink, answers slow down, Republish lies, queues overflow, subscriptions and sessions go', async () => {
  const endpoint = endpointOf('compressor-01');
  const { session, close } = await connect(endpoint, folder);
  const root = await localNodeId(session, endpoint.rootNodeId);
  const nodeId = `${root}-Receiver-Pressure`;
  const harm = (fault: string, severity = 1) =>
    expect(factory.control?.inject({ machine: 'compressor-01', fault, severity, rampS: 0 })).toBe('');
  const many = Array.from({ length: 30 }, () => ({ nodeId, attributeId: AttributeIds.Value }));
  expect(await session.read(many)).toHaveLength(30);
  harm('shrink-limits');
  await expect(session.read(many)).rejects.toThrow(/BadTooManyOperations/);
  factory.control?.clear('compressor-01', 'shrink-limits');
  harm('slow-answers', 0.1);
  const askedAt = performance.now();
  await session.read(many);
  expect(performance.now() - askedAt).toBeGreaterThan(290);
  factory.control?.clear('compressor-01', 'slow-answers');
  expect(await session.read(many)).toHaveLength(30);

  const { received, subscription } = await watch(session, [nodeId], 100, 600);
  await vi.waitUntil(() => received.length > 2, { timeout: PATIENCE_MS });
  harm('overflow-queues');
  await vi.waitUntil(() => factory.overflowed > 0, { timeout: PATIENCE_MS });
  harm('lie-republish');
  const republish = await (session as unknown as RawSession).republish({
    subscriptionId: subscription.subscriptionId,
    retransmitSequenceNumber: 4_000,
  });
  expect(republish.responseHeader.serviceResult).toBe(StatusCodes.Good);
  expect(republish.notificationMessage.notificationData ?? []).toHaveLength(0);
  factory.control?.clear();
  const terminated = new Promise<void>((resolve) => void subscription.once('terminated', () => resolve()));
  harm('expire-subscriptions');
  await terminated;
  // The client makes itself a new session: what is seen of it is another id.
  const sessionId = session.sessionId.toString();
  harm('close-sessions');
  await session.read(many);
  expect(session.sessionId.toString()).not.toBe(sessionId);
  await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, 2_000))]).catch(() => undefined);
});

test('after a restart with swapped namespaces the machine stands under another index, on the same port', async () => {
  const endpoint = endpointOf('mill-02');
  const first = await connect(endpoint, folder);
  const before = await localNodeId(first.session, endpoint.rootNodeId);
  await first.close();
  expect(
    factory.control?.inject({ machine: 'mill-02', fault: 'swap-namespaces', severity: 1, rampS: 0 }),
  ).toBe('');
  await vi.waitFor(
    async () => {
      const { session, close } = await connect(endpoint, folder);
      const after = await localNodeId(session, endpoint.rootNodeId);
      await close();
      expect(after).not.toBe(before);
    },
    { timeout: PATIENCE_MS, interval: 500 },
  );
});

test('dropped subscriptions are gone: no value comes any more, and Republish does not know them', async () => {
  const endpoint = endpointOf('mill-02');
  const { session, close } = await connect(endpoint, folder);
  const nodeId = `${await localNodeId(session, endpoint.rootNodeId)}-PLC1-AI_VibrationRMS`;
  const { subscription, received } = await watch(session, [nodeId]);
  await vi.waitUntil(() => received.length > 5, { timeout: PATIENCE_MS });
  const ended = new Promise<void>((resolve) => void subscription.once('terminated', () => resolve()));
  const { subscriptionId } = subscription;
  expect(
    factory.control?.inject({ machine: 'mill-02', fault: 'drop-subscriptions', severity: 1, rampS: 0 }),
  ).toBe('');
  const republish = async () =>
    (session as unknown as RawSession).republish({ subscriptionId, retransmitSequenceNumber: 1 });
  await vi.waitFor(async () => expect(republish()).rejects.toThrow(/BadSubscriptionIdInvalid/), {
    timeout: PATIENCE_MS,
  });
  const count = received.length;
  // The session lives on, and the machine makes values: only what was subscribed to is gone.
  const sourceMs = async () =>
    (
      await session.read({ nodeId, attributeId: AttributeIds.Value }, TimestampsToReturn.Both as never)
    ).sourceTimestamp?.getTime() ?? 0;
  const beforeMs = await sourceMs();
  await vi.waitUntil(async () => (await sourceMs()) - beforeMs > 300, { timeout: PATIENCE_MS });
  expect(received.length).toBe(count);
  await Promise.race([ended, subscription.terminate().catch(() => undefined)]);
  await close();
});

test('a small PLC has one session and takes 100 operations a call', async () => {
  const endpoint = endpointOf('agv-01');
  const { session, close } = await connect(endpoint, folder);
  const nodeId = `${await localNodeId(session, endpoint.rootNodeId)}-Velocity-Speed`;
  const many = (count: number) =>
    Array.from({ length: count }, () => ({ nodeId, attributeId: AttributeIds.Value }));
  expect(await session.read(many(100))).toHaveLength(100);
  await expect(session.read(many(101))).rejects.toThrow(/BadTooManyOperations/);
  await expect(connect(endpoint, folder)).rejects.toThrow(/BadTooManySessions/);
  await close();
});

test('the agent logs in by certificate, once it is trusted; key and certificate must belong together', async () => {
  const { endpointUrl, certificateSha256 } = endpointOf('mill-02');
  const identity = await ownIdentity(join(folder, 'agent'), 'Agent');
  const person = await ownIdentity(join(folder, 'person'), 'Engineer');
  const open = (userCertificateFile: string, userKeyFile: string) => {
    const endpoint = opcUaEndpointSchema.parse({
      endpoint: endpointUrl,
      serverCertificateSha256: certificateSha256,
      userCertificateFile,
      userKeyFile,
    });
    return openSession({ endpoint, identity, timeoutMs: PATIENCE_MS, clientName: 'test' });
  };
  const { certificateFile, privateKeyFile } = person;
  await expect(open(certificateFile, identity.privateKeyFile)).rejects.toThrow(/is not the key of/);
  await expect(open(join(folder, 'none.pem'), privateKeyFile)).rejects.toThrow(/none\.pem cannot be used/);
  await expect(open(certificateFile, privateKeyFile)).rejects.toThrow(/does not accept the login/);
  const users = join(folder, 'pki', 'mill-02', 'users');
  const [rejected = ''] = await readdir(join(users, 'rejected'));
  expect(rejected).toBe(`${person.certificateSha256}.pem`);
  // A copy is enough: what is trusted is, although it was rejected before.
  await copyFile(join(users, 'rejected', rejected), join(users, 'trusted', 'engineer.pem'));
  const ua = await open(certificateFile, privateKeyFile);
  expect(await ua.speak(['ru'])).toBe(true);
  expect(await ua.close('remove')).toBe(true);
  await rm(join(users, 'trusted', 'engineer.pem'));
  await expect(open(certificateFile, privateKeyFile)).rejects.toThrow(/does not accept the login/);
});

test('all policies that are still good are offered', async () => {
  const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 1 } });
  await client.connect(endpointOf('mill-02').endpointUrl);
  const offered = await client.getEndpoints();
  await client.disconnect();
  const policies = new Set(offered.map(({ securityPolicyUri }) => securityPolicyUri?.split('#')[1]));
  expect(policies).toEqual(new Set(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']));
});

import type { EndpointsFile, SimulatedEndpoint } from '#contracts/config/simulators.ts';
import type { ClientSession, Variant } from 'node-opcua-client';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttributeIds,
  ClientMonitoredItem,
  constructEventFilter,
  DataType,
  resolveNodeId,
  StatusCodes,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { NO_COMPANION } from '../../../simulators/model/companion.ts';
import { createTick } from '../../../simulators/model/produced-tick.ts';
import { measured } from '../../../simulators/model/signal-builders.ts';
import { MachineServer } from '../../../simulators/server/machine-server.ts';
import { parsePlant } from '../../../simulators/plants/load-plant.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { connect, localNodeId } from './client.ts';

const PLANT = `
site: brest
enterprise: Technopark
name: { en: A bench and its air }
warmUpMinutes: 10
machines:
  - { id: pump-01, kind: pump-loop, name: { en: Bench } }
  - { id: compressor-01, kind: compressor, name: { en: Compressor } }
`;
/** Of whoever waits for what is sure to come. */
const PATIENCE_MS = 30_000;
const FIELDS = [
  'EventId',
  'ConditionName',
  'Message',
  'Severity',
  'Retain',
  'ActiveState.Id',
  'AckedState.Id',
  'SourceName',
  'Time',
  'Comment',
  'ClientUserId',
];
const SERVER = 'i=2253';

let folder: string;
let factory: Factory;
let file: EndpointsFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'));
  const config = simulatorsConfigSchema.parse({ dataDir: folder, basePort: 0, seed: 5, speed: 4 });
  factory = new Factory(config, parsePlant(PLANT, 'test'), createLogger('test', 'silent'));
  file = await factory.start(new AbortController().signal);
}, 60_000);

afterAll(async () => {
  await factory.stop();
  await rm(folder, { recursive: true, force: true });
});

type Fields = Readonly<Record<string, unknown>>;

/** Every event of the server from now on. */
async function listen(session: ClientSession) {
  const events: Fields[] = [];
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 50,
    requestedMaxKeepAliveCount: 20,
    requestedLifetimeCount: 200,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  });
  const item = ClientMonitoredItem.create(
    subscription,
    { nodeId: SERVER, attributeId: AttributeIds.EventNotifier },
    { queueSize: 1000, filter: constructEventFilter([...FIELDS, 'ConditionId']) },
    TimestampsToReturn.Neither,
  );
  item.on('changed', (variants) => {
    const values = variants as unknown as Variant[];
    events.push(
      Object.fromEntries([...FIELDS, 'ConditionId'].map((field, i) => [field, values[i]?.value as unknown])),
    );
  });
  await new Promise<void>((resolve) => void item.once('initialized', () => resolve()));
  return { events, subscription };
}

test('an alarm comes, is acknowledged, confirmed, shelved, refreshed and goes', async () => {
  const endpoint = file.endpoints[0]!;
  const { session, close } = await connect(endpoint, folder);
  const { events, subscription } = await listen(session);
  const root = await localNodeId(session, endpoint.rootNodeId);
  const alarm = `${root}-Alarms-Cavitation`;
  const alarmId = resolveNodeId(alarm);
  const of = (active: boolean) => (event: Fields) =>
    event['ConditionName'] === 'Cavitation' && event['ActiveState.Id'] === active;
  factory.control?.inject({ machine: 'pump-01', fault: 'cavitation', severity: 1, rampS: 0 });
  await vi.waitUntil(() => events.some(of(true)), { timeout: PATIENCE_MS });
  const raised = events.find(of(true))!;
  expect(raised).toMatchObject({ Severity: 600, Retain: true, 'AckedState.Id': false });

  const read = async (path: string): Promise<unknown> =>
    (await session.read({ nodeId: `${alarm}-${path}`, attributeId: AttributeIds.Value })).value.value;
  const eventId = raised['EventId'] as Buffer;
  expect(await session.acknowledgeCondition(alarmId, eventId, 'seen')).toBe(StatusCodes.Good);
  await vi.waitUntil(() => events.some((event) => event['AckedState.Id'] === true), { timeout: PATIENCE_MS });
  const acknowledged = events.findLast((event) => event['AckedState.Id'] === true)!;
  expect(await session.confirmCondition(alarmId, acknowledged['EventId'] as Buffer, 'done')).toBe(
    StatusCodes.Good,
  );

  const shelving = { objectId: `${alarm}-ShelvingState`, methodId: `${alarm}-ShelvingState-TimedShelve` };
  const shelved = await session.call({
    ...shelving,
    inputArguments: [{ dataType: DataType.Double, value: 60_000 }],
  });
  expect(shelved.statusCode).toBe(StatusCodes.Good);
  expect(await read('SuppressedOrShelved')).toBe(true);
  expect(
    (await session.call({ ...shelving, methodId: `${alarm}-ShelvingState-Unshelve`, inputArguments: [] }))
      .statusCode,
  ).toBe(StatusCodes.Good);

  const refresh = {
    objectId: 'i=2782',
    methodId: 'i=3875',
    inputArguments: [{ dataType: DataType.UInt32, value: subscription.subscriptionId }],
  };
  const before = events.length;
  expect((await session.call(refresh)).statusCode).toBe(StatusCodes.Good);
  // Confirmed or not: what is active is retained, and so refreshed.
  await vi.waitUntil(() => events.slice(before).some(of(true)), { timeout: PATIENCE_MS });
  factory.control?.clear();
  await vi.waitUntil(() => events.some(of(false)), { timeout: PATIENCE_MS });
  await close();
});

/** A machine of one signal with a limit alarm, whose values the test sets. */
async function serveLimit(): Promise<{
  readonly server: MachineServer;
  readonly endpoint: SimulatedEndpoint;
  set(value: number): void;
}> {
  const server = new MachineServer({
    machineId: 'tank-01',
    kind: 'tank',
    site: 'brest',
    name: { en: 'Tank' },
    companion: NO_COMPANION,
    signals: [measured('Level', 'P1', [0, 100])],
    alarms: [
      {
        name: 'LevelHigh',
        signal: 'Level',
        when: { above: 80, hysteresis: 5 },
        severity: 500,
        message: { en: 'The level is high' },
      },
    ],
    host: '127.0.0.1',
    port: 0,
    pkiDir: join(folder, 'pki', 'tank-01'),
    allowUnsecured: false,
  });
  await server.start();
  const tick = createTick();
  const set = (value: number): void => {
    tick.timeMs = Date.now();
    tick.signals[0] = 0;
    tick.values[0] = value;
    tick.statuses[0] = 0;
    server.write(tick);
  };
  return { server, endpoint: { ...file.endpoints[0]!, ...server.endpoint }, set };
}

test('who acknowledges and confirms stands in the event of it, with its own time; a new alarm knows nobody', async () => {
  const endpoint = file.endpoints[0]!;
  const password = (await readFile(join(folder, 'control.token'), 'utf8')).trim();
  const listener = await connect(endpoint, folder);
  const engineer = await connect(endpoint, folder, {
    type: UserTokenType.UserName,
    userName: 'engineer',
    password,
  });
  const { events } = await listen(listener.session);
  const alarmId = resolveNodeId(
    `${await localNodeId(listener.session, endpoint.rootNodeId)}-Alarms-Cavitation`,
  );
  const next = async (is: (event: Fields) => boolean): Promise<Fields> => {
    await vi.waitUntil(() => events.some(is), { timeout: PATIENCE_MS });
    return events.splice(0, events.findIndex(is) + 1).at(-1)!;
  };
  const of =
    (active: boolean, acked = false) =>
    (event: Fields) =>
      event['ConditionName'] === 'Cavitation' &&
      event['ActiveState.Id'] === active &&
      event['AckedState.Id'] === acked;
  const inject = () =>
    factory.control?.inject({ machine: 'pump-01', fault: 'cavitation', severity: 1, rampS: 0 });
  const idOf = (event: Fields) => event['EventId'] as Buffer;
  inject();
  const raised = await next(of(true));
  expect(raised['ClientUserId'] ?? '').toBe('');
  // Whoever acknowledges does so later.
  await vi.waitUntil(() => Date.now() > Number(raised['Time']) + 20);
  expect(await engineer.session.acknowledgeCondition(alarmId, idOf(raised), 'seen')).toBe(StatusCodes.Good);
  const acknowledged = await next(of(true, true));
  expect(acknowledged).toMatchObject({ ClientUserId: 'engineer', Comment: { text: 'seen' } });
  expect(Number(acknowledged['Time'])).toBeGreaterThan(Number(raised['Time']));
  expect(await engineer.session.acknowledgeCondition(alarmId, idOf(acknowledged), 'again')).toBe(
    StatusCodes.BadConditionBranchAlreadyAcked,
  );
  expect(await engineer.session.acknowledgeCondition(alarmId, idOf(raised), 'late')).toBe(
    StatusCodes.BadEventIdUnknown,
  );
  await listener.session.confirmCondition(alarmId, idOf(acknowledged), 'done');
  expect(await next(of(true, true))).toMatchObject({ ClientUserId: 'anonymous', Comment: { text: 'done' } });
  factory.control?.clear();
  await next(of(false, true));
  inject();
  const anew = await next(of(true));
  expect([anew['ClientUserId'] ?? '', (anew['Comment'] as { text?: string } | null)?.text ?? '']).toEqual([
    '',
    '',
  ]);
  factory.control?.clear();
  await next(of(false));
  for (const { close } of [engineer, listener]) await close();
});

test('an alarm on a limit shows it, and its one-shot shelving ends when it has gone', async () => {
  const { server, endpoint, set } = await serveLimit();
  const { session, close } = await connect(endpoint, folder);
  const { events } = await listen(session);
  const alarm = `${await localNodeId(session, endpoint.rootNodeId)}-Alarms-LevelHigh`;
  const read = async (path: string): Promise<unknown> =>
    (await session.read({ nodeId: `${alarm}-${path}`, attributeId: AttributeIds.Value })).value
      .value as unknown;
  const textOf = async (path: string) => ((await read(path)) as { text: string } | null)?.text ?? '';
  const [type] =
    (await session.browse({ nodeId: alarm, referenceTypeId: 'HasTypeDefinition', resultMask: 63 }))
      .references ?? [];
  expect(type?.browseName.name).toBe('ExclusiveLevelAlarmType');
  expect(await read('HighLimit')).toBe(80);

  const active = (is: boolean) => (event: Fields) => event['ActiveState.Id'] === is;
  set(79);
  set(81);
  await vi.waitUntil(() => events.some(active(true)), { timeout: PATIENCE_MS });
  expect(await textOf('LimitState-CurrentState')).toBe('High');
  const shelving = `${alarm}-ShelvingState`;
  const call = { objectId: shelving, methodId: `${shelving}-OneShotShelve`, inputArguments: [] };
  expect((await session.call(call)).statusCode).toBe(StatusCodes.Good);
  expect(await textOf('ShelvingState-CurrentState')).toBe('OneShotShelved');
  expect(await read('SuppressedOrShelved')).toBe(true);

  // Within the hysteresis it stays; below it the one shot is over.
  set(76);
  expect(await textOf('ShelvingState-CurrentState')).toBe('OneShotShelved');
  set(74);
  await vi.waitUntil(() => events.some(active(false)), { timeout: PATIENCE_MS });
  expect(await textOf('ShelvingState-CurrentState')).toBe('Unshelved');
  expect(await read('SuppressedOrShelved')).toBe(false);
  await close();
  await server.stop();
});

test('HistoryRead answers what was produced, with its source times', async () => {
  const endpoint = file.endpoints[1]!;
  const { session, close } = await connect(endpoint, folder);
  const nodeId = `${await localNodeId(session, endpoint.rootNodeId)}-Receiver-Temperature`;
  const fromMs = Date.now() - 3_600_000;
  const history = async () => {
    const result = await session.readHistoryValue(
      nodeId,
      new Date(fromMs),
      new Date(Date.now() + 86_400_000),
    );
    return (
      (result.historyData as unknown as { dataValues?: { sourceTimestamp: Date; value: Variant }[] })
        ?.dataValues ?? []
    );
  };
  await vi.waitUntil(async () => (await history()).length > 20, { timeout: PATIENCE_MS });
  const values = await history();
  const steps = values
    .slice(1)
    .map(({ sourceTimestamp }, i) => sourceTimestamp.getTime() - values[i]!.sourceTimestamp.getTime());
  // The first value came with the first tick, not with its period.
  expect(new Set(steps.slice(1))).toEqual(new Set([1000]));
  expect(values.every(({ value }) => typeof value.value === 'number' || value.value === null)).toBe(true);
  await close();
});

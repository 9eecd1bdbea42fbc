import { afterEach, beforeEach, expect, test } from 'vitest';
import { alarmsRoute, eventsRoute, type EventView } from '#contracts/api/alarms.ts';
import { subjectOf, type ConditionBody, type MachineEvent } from '#contracts/condition.ts';
import { isoToNs, nsToIso } from '#domain/time.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';
import { LiveClient } from '../../support/live-client.ts';

const T0 = isoToNs('2026-11-22T06:00:00.000Z') ?? 0n;
const SECOND = 1_000_000_000n;
const RANGE = 'from=2026-11-22T06:00:00Z&to=2026-11-22T07:00:00Z';

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start();
  await api.addMachine('cnc-01', ['Load']);
  await api.addMachine('pump-01', ['Flow']);
});
afterEach(() => api.stop());

async function put(event: MachineEvent): Promise<void> {
  api.sequence += 1;
  const { sequence } = api;
  await api.store.append([
    {
      kind: 'event',
      stream: STREAM,
      sequence,
      checksum: sequence,
      machine: `brest/${event.machine}`,
      time: BigInt(event.time),
      body: JSON.stringify(event),
      subject: subjectOf(event),
      ended: event.type === 'condition' && !event.retain,
    },
  ]);
}

function condition(
  machine: string,
  name: string,
  second: number,
  more: Partial<ConditionBody> = {},
): MachineEvent {
  return {
    type: 'condition',
    machine,
    time: String(T0 + BigInt(second) * SECOND),
    eventId: '0a',
    condition: `nsu=urn:m;s=${name}`,
    name,
    message: { en: name, ru: 'Жарко' },
    severity: 600,
    active: true,
    acked: false,
    retain: true,
    ...more,
  };
}

async function json(path: string, status = 200): Promise<unknown> {
  const response = await api.get(`/api/v1${path}`);
  expect(response.status).toBe(status);
  return response.json();
}
const eventsOf = async (query: string): Promise<{ items: EventView[]; next?: string | undefined }> =>
  eventsRoute.response.parse(await json(`/events?${query}`));

test('alarms: what stands now, by machine and by pages, as the contract says', async () => {
  await put(condition('cnc-01', 'Hot', 1));
  await put(condition('pump-01', 'Dry', 2, { severity: 900, since: String(T0), shelving: 'unshelved' }));
  await put(condition('cnc-01', 'Gone', 3));
  await put(condition('cnc-01', 'Gone', 4, { retain: false, active: false }));
  const { items } = alarmsRoute.response.strict().parse(await json('/alarms'));
  expect(items).toMatchObject([
    {
      machine: 'brest/pump-01',
      name: 'Dry',
      priority: 1,
      state: 'active',
      shelving: 'unshelved',
      since: nsToIso(T0),
      changedAt: nsToIso(T0 + 2n * SECOND),
    },
    {
      machine: 'brest/cnc-01',
      name: 'Hot',
      priority: 2,
      message: { ru: 'Жарко' },
      acked: false,
      confirmed: null,
      shelving: null,
    },
  ]);
  const first = alarmsRoute.response.parse(await json('/alarms?limit=1'));
  expect(alarmsRoute.response.parse(await json(`/alarms?cursor=${first.next}`)).items).toEqual([items[1]]);
  expect(alarmsRoute.response.parse(await json('/alarms?machine=brest/cnc-01')).items).toEqual([items[1]]);
  expect(await json('/alarms?machine=brest/none', 404)).toMatchObject({ code: 'MACHINE_UNKNOWN' });
  expect(await json('/alarms?cursor=none', 400)).toMatchObject({ code: 'BAD_PARAMETER' });
});

test('events: newest first, each once over the pages, also those of one instant', async () => {
  for (let i = 0; i < 12; i += 1) await put(condition('cnc-01', `A${i}`, Math.floor(i / 5)));
  await put({
    type: 'conditions-refreshed',
    machine: 'cnc-01',
    time: String(T0 + 20n * SECOND),
    retained: [],
  });
  const all = await eventsOf(RANGE);
  expect(all.items.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, i) => `A${11 - i}`));
  expect(all.next).toBeUndefined();
  const paged: EventView[] = [];
  for (let cursor = ''; ;) {
    const { items, next } = await eventsOf(`${RANGE}&limit=4${cursor}`);
    paged.push(...items);
    if (next === undefined) break;
    cursor = `&cursor=${next}`;
  }
  expect(paged).toEqual(all.items);
  expect(await json(`/events?${RANGE}&cursor=12`, 400)).toMatchObject({ code: 'BAD_PARAMETER' });
  expect(await json('/events?from=2026-11-22T07:00:00Z&to=2026-11-22T06:00:00Z', 400)).toMatchObject({
    code: 'RANGE_INVALID',
  });
});

test('events: by machine and severity; the agent’s own, and how an end was found out', async () => {
  await put(condition('cnc-01', 'Hot', 1));
  await put(condition('pump-01', 'Dry', 2, { severity: 200 }));
  await put(condition('cnc-01', 'Hot', 3, { retain: false, active: false, inferred: true }));
  await put({ type: 'events-lost', machine: 'cnc-01', time: String(T0 + 4n * SECOND) });
  api.sequence += 1;
  const body = JSON.stringify({ type: 'store-changed', time: '1', before: 'a', store: 'b' });
  await api.store.append([
    { kind: 'event', stream: STREAM, sequence: api.sequence, checksum: 1, time: T0, body },
  ]);
  const { items } = await eventsOf(RANGE);
  expect(items.map(({ type, machine, state, found }) => [type, machine, state, found])).toEqual([
    ['events-lost', 'brest/cnc-01', undefined, undefined],
    ['condition', 'brest/cnc-01', 'over', 'inferred'],
    ['condition', 'brest/pump-01', 'active', undefined],
    ['condition', 'brest/cnc-01', 'active', undefined],
    ['store-changed', undefined, undefined, undefined],
  ]);
  expect((await eventsOf(`${RANGE}&machine=brest/pump-01`)).items).toHaveLength(1);
  expect((await eventsOf(`${RANGE}&severity=500`)).items).toHaveLength(2);
  const [alarm] = alarmsRoute.response.parse(await json('/alarms')).items;
  expect(items.filter((each) => each.alarm === alarm?.id)).toMatchObject([{ name: 'Dry' }]);
});

test('pages hear of a change at once', async () => {
  const client = await LiveClient.open(api.port);
  client.send({ hello: 1 });
  await client.until('a frame', () => client.frames[0]);
  await put(condition('cnc-01', 'Hot', 1));
  const event = await client.until('the alarm', () =>
    client.events.flatMap(({ e }) => e).find(({ type }) => type === 'alarm'),
  );
  const [alarm] = alarmsRoute.response.parse(await json('/alarms')).items;
  expect(event).toMatchObject({ machine: 'brest/cnc-01', text: alarm?.id });
  await client.close();
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { acknowledgeRoute, alarmsRoute } from '#contracts/api/alarms.ts';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { Role } from '#contracts/access.ts';
import { cookieOf, makeUsers } from '../../support/access-fixture.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Sent = Omit<ConditionCommand, 'id' | 'machine'>;

let api: ApiFixture;
let sent: Sent[];
let answer: Omit<ConditionResult, 'id'> | undefined;
let alarm: string;

beforeEach(async () => {
  sent = [];
  answer = { outcome: 'done', detail: 'Good' };
  api = await ApiFixture.inMemory().start({
    access: await makeUsers(temporaryFolder('acknowledge')),
    commands: {
      condition: (_machine, command) => {
        sent.push(command);
        return Promise.resolve(answer);
      },
    },
  });
  await api.addMachine('cnc-01', ['Load']);
  const body = {
    type: 'condition',
    machine: 'cnc-01',
    time: '1000000000',
    eventId: '0a0b',
    condition: 'nsu=urn:m;s=Hot',
    name: 'Hot',
    message: { en: 'Hot' },
    severity: 600,
    active: true,
    acked: false,
    retain: true,
  };
  await api.store.append([
    {
      kind: 'event',
      stream: STREAM,
      sequence: 1,
      checksum: 1,
      machine: 'brest/cnc-01',
      time: 1_000_000_000n,
      body: JSON.stringify(body),
      subject: body.condition,
    },
  ]);
  const { items } = alarmsRoute.response.parse(await (await api.get('/api/v1/alarms')).json());
  alarm = items[0]?.id ?? '';
});
afterEach(() => api.stop());

async function act(
  role: Role | undefined,
  body: object = {},
  path = `${alarm}/acknowledge`,
): Promise<Response> {
  const cookie = role && (await cookieOf(api.url, role));
  return fetch(`${api.url}/api/v1/alarms/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) },
    body: JSON.stringify(body),
  });
}

async function codeOf(response: Promise<Response>): Promise<[number, string]> {
  const found = await response;
  return [found.status, ((await found.json()) as { code: string }).code];
}

test('an operator acknowledges what was seen, by name; a visitor may not, and nothing is sent', async () => {
  expect(await codeOf(act(undefined))).toEqual([401, 'LOGIN_REQUIRED']);
  expect(sent).toEqual([]);
  const response = await act('operator', { comment: 'on my way' });
  expect(acknowledgeRoute.response.strict().parse(await response.json())).toEqual({ outcome: 'done' });
  await act('engineer', {}, `${alarm}/confirm`);
  expect(sent).toEqual([
    {
      action: 'acknowledge',
      condition: 'nsu=urn:m;s=Hot',
      eventId: '0a0b',
      comment: 'operator: on my way',
    },
    { action: 'confirm', condition: 'nsu=urn:m;s=Hot', eventId: '0a0b', comment: 'engineer' },
  ]);
});

test('an operator shelves for minutes, or until it has gone, and takes back; a visitor and a wrong time are refused', async () => {
  expect(await codeOf(act(undefined, {}, `${alarm}/shelve`))).toEqual([401, 'LOGIN_REQUIRED']);
  expect(await codeOf(act('operator', { minutes: 1_441 }, `${alarm}/shelve`))).toEqual([
    400,
    'BAD_PARAMETER',
  ]);
  for (const [body, action] of [
    [{ minutes: 15 }, 'shelve'],
    [{}, 'shelve'],
    [{}, 'unshelve'],
  ] as const)
    expect((await act('operator', body, `${alarm}/${action}`)).status).toBe(200);
  const common = { condition: 'nsu=urn:m;s=Hot', eventId: '0a0b', comment: 'operator' };
  expect(sent).toEqual([
    { ...common, action: 'shelve', shelveMs: 900_000 },
    { ...common, action: 'shelve' },
    { ...common, action: 'unshelve' },
  ]);
});

test('what went wrong is told by code: unknown, refused by the machine, away, no answer', async () => {
  expect(await codeOf(act('operator', {}, 'nothing/acknowledge'))).toEqual([404, 'ALARM_UNKNOWN']);
  expect(await codeOf(act('operator', { comment: 'x'.repeat(501) }))).toEqual([400, 'BAD_PARAMETER']);
  answer = { outcome: 'refused', detail: 'BadEventIdUnknown' };
  expect(await codeOf(act('operator'))).toEqual([409, 'ALARM_REFUSED']);
  answer = { outcome: 'forbidden', detail: 'by the configuration' };
  expect(await codeOf(act('operator'))).toEqual([409, 'ALARM_REFUSED']);
  answer = { outcome: 'away', detail: 'offline' };
  expect(await codeOf(act('operator'))).toEqual([503, 'MACHINE_AWAY']);
  answer = undefined;
  expect(await codeOf(act('operator'))).toEqual([504, 'MACHINE_SILENT']);
});

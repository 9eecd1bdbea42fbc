import { afterEach, beforeEach, expect, test } from 'vitest';
import { passportRoute, type PassportView } from '#contracts/api/passport.ts';
import { samplesRoute } from '#contracts/api/samples.ts';
import { isoToNs } from '#domain/time.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';

const T0 = isoToNs('2026-11-22T06:00:00.1234567Z') ?? 0n;
const T0_MS = Number(T0 / 1_000_000n);

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start({ clock: { now: () => T0_MS + 5_000, monotonic: () => 0 } });
});
afterEach(() => api.stop());

async function passport(signal: string): Promise<PassportView> {
  const response = await api.get(`/api/v1/passport?signal=${signal}`);
  expect(response.status).toBe(200);
  return passportRoute.response.strict().parse(await response.json());
}

const msBy = ({ steps }: PassportView): Record<string, number | null> =>
  Object.fromEntries(steps.map(({ step, ms }) => [step, ms]));

test('tells where the latest value was when, under which record, and how to get it again', async () => {
  const [other = 0, no = 0] = await api.addMachine('pump-01', ['Other', 'Deep/Pressure']);
  await api.put('pump-01', [
    { no: other, t: T0, value: 1 },
    { no, t: T0, value: 4.25 },
  ]);
  api.presence.times.set(1, {
    serverTimeMs: T0_MS + 40,
    journaledAtMs: T0_MS + 43,
    publishedAtMs: T0_MS + 50,
    receivedAtMs: T0_MS + 52,
    committedAtMs: T0_MS + 70,
    samples: 2,
    payloadBytes: 180,
  });
  const found = await passport('brest/pump-01/Deep/Pressure');
  expect(found.signal).toMatchObject({ value: 4.25, nodeId: 'nsu=urn:test;s=pump-01.Deep/Pressure' });
  expect(found.status).toEqual({ code: '0x00000000', name: 'Good', severity: 'good', overflow: false });
  expect(found.record).toEqual({
    agent: STREAM.agent,
    epoch: STREAM.epoch,
    epochNumber: 1,
    sequence: 1,
    index: 1,
    topic: 'spBv1.0/brest/DDATA/edge-1/pump-01',
    samples: 2,
    payloadBytes: 180,
  });
  const ms = msBy(found);
  expect(ms).toMatchObject({
    source: null,
    journaled: 3,
    published: 7,
    received: 2,
    committed: 18,
    answered: 4_930,
  });
  expect(ms['server']).toBeCloseTo(39.543, 2);
  const total = Object.values(ms).reduce<number>((sum, each) => sum + (each ?? 0), 0);
  expect(total).toBeCloseTo(5_000 - 0.457, 2);
  expect(found.steps[0]?.at).toBe('2026-11-22T06:00:00.1234567Z');

  const again = samplesRoute.response.parse(await (await api.get(found.links.sample)).json());
  expect(again.items[0]).toMatchObject({
    mode: 'raw',
    samples: [{ value: 4.25, t: '2026-11-22T06:00:00.1234567Z' }],
  });
});

test('says plainly what was not measured: an older record, a time by the agent, a bad value', async () => {
  const [no = 0] = await api.addMachine('pump-01', ['P']);
  await api.put('pump-01', [{ no, t: T0, value: null, statusCode: 0x80310480, flags: 4 }]);
  const found = await passport('brest/pump-01/P');
  expect(found).toMatchObject({
    signal: { value: null },
    status: { code: '0x80310480', name: 'BadNoCommunication', severity: 'bad', overflow: true },
    timeSource: 'agent',
    record: { sequence: 1, samples: null },
  });
  const unknown = found.steps.filter(({ at }) => at === null).map(({ step }) => step);
  expect(unknown).toEqual(['server', 'journaled', 'published', 'received', 'committed']);
  expect(msBy(found)['answered']).toBeCloseTo(4_999.543, 2);
});

test('of a signal that never had a value; of one that nobody has', async () => {
  await api.addMachine('pump-01', ['P']);
  const found = await passport('brest/pump-01/P');
  expect(found.record).toBeNull();
  expect(found.status.name).toBe('BadWaitingForInitialData');
  expect((await api.get('/api/v1/passport?signal=brest/pump-01/Q')).status).toBe(404);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditRoute, deadLettersRoute } from '#contracts/api/audit.ts';
import { healthRoute } from '#contracts/api/health.ts';
import { machineRoute, machinesRoute, signalsRoute } from '#contracts/api/machines.ts';
import {
  COLUMNS_MEDIA_TYPE,
  latestRoute,
  samplesRoute,
  type ColumnsHeader,
  type SamplesResponse,
} from '#contracts/api/samples.ts';
import { isoToNs, nsToIso } from '#domain/time.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';

const T0 = isoToNs('2026-11-22T06:00:00.000Z') ?? 0n;
const SECOND = 1_000_000_000n;

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start();
});
afterEach(() => api.stop());

async function json(path: string): Promise<unknown> {
  const response = await api.get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  return response.json();
}

describe('machines', () => {
  test('are listed with the state of their path, by pages', async () => {
    await api.addMachine('pump-01', ['P']);
    await api.addMachine('pump-02', ['P']);
    const [no = 0] = await api.addMachine('pump-03', ['P']);
    api.presence.alive('brest/pump-02', false);
    await api.put('pump-03', [{ no, t: T0 + 123_400n, value: 1 }]);

    const first = machinesRoute.response.strict().parse(await json('/api/v1/machines?limit=2'));
    expect(first.items.map(({ id, state, stale }) => [id, state, stale])).toEqual([
      ['brest/pump-01', 'online', false],
      ['brest/pump-02', 'offline', true],
    ]);
    const second = machinesRoute.response.parse(await json(`/api/v1/machines?limit=2&cursor=${first.next}`));
    expect(second.next).toBeUndefined();
    expect(second.items[0]).toMatchObject({
      id: 'brest/pump-03',
      edgeAgent: 'brest/edge-1',
      connected: true,
      lastSampleAt: '2026-11-22T06:00:00.0001234Z',
      name: { ru: 'Машина pump-03' },
    });
  });

  test('one machine, and its signals with their latest values', async () => {
    const [no = 0] = await api.addMachine('pump-01', ['Pressure', 'Never/Seen']);
    await api.put('pump-01', [{ no, t: T0, value: 4.25 }]);
    const machine = machineRoute.response.parse(await json('/api/v1/machines/brest/pump-01'));
    expect(machine).toMatchObject({ kind: 'pump-loop', provenance: 'simulated', signals: 2 });

    const { items } = signalsRoute.response.parse(await json('/api/v1/machines/brest/pump-01/signals'));
    expect(items).toMatchObject([
      { path: 'Pressure', unit: { symbol: 'bar' }, value: 4.25, statusCode: 0, sourceTimestamp: nsToIso(T0) },
      { path: 'Never/Seen', value: null, statusCode: 0x80320000, sourceTimestamp: null },
    ]);
  });
});

describe('latest', () => {
  test('gives each value as the contract says, whatever its type', async () => {
    const values = [
      1.5,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      9007199254740991,
      18446744073709551615n,
      -9223372036854775808n,
      true,
      'quote " and \u0001',
      new Uint8Array([1, 2, 255]),
      { json: '[1,2]' },
      null,
    ];
    const numbers = await api.addMachine(
      'pump-01',
      values.map((_, i) => `S${i}`),
    );
    await api.put(
      'pump-01',
      values.map((value, i) => ({
        no: numbers[i] ?? 0,
        t: T0 + BigInt(i),
        value,
        statusCode: value === null ? 0x80310000 : 0,
      })),
    );
    const { items } = latestRoute.response.strict().parse(await json('/api/v1/latest?machine=brest/pump-01'));
    expect(items.map(({ value }) => value)).toEqual([
      1.5,
      -0,
      'NaN',
      '-Infinity',
      9007199254740991,
      '18446744073709551615',
      '-9223372036854775808',
      true,
      'quote " and \u0001',
      'AQL/',
      '[1,2]',
      null,
    ]);
    expect(items.at(-1)).toEqual({
      signal: 'brest/pump-01/S11',
      value: null,
      statusCode: 0x80310000,
      sourceTimestamp: '2026-11-22T06:00:00.000000011Z',
    });
  });

  test('comes by pages and for all machines', async () => {
    const a = await api.addMachine('a', ['X', 'Y']);
    const b = await api.addMachine('b', ['X']);
    await api.put('b', [{ no: b[0] ?? 0, t: T0, value: 3 }]);
    await api.put(
      'a',
      a.map((no) => ({ no, t: T0, value: no })),
    );
    const first = latestRoute.response.parse(await json('/api/v1/latest?limit=2'));
    const second = latestRoute.response.parse(await json(`/api/v1/latest?limit=2&cursor=${first.next}`));
    expect([...first.items, ...second.items].map(({ signal }) => signal)).toEqual([
      'brest/a/X',
      'brest/a/Y',
      'brest/b/X',
    ]);
    expect(second.next).toBeUndefined();
  });
});

describe('samples', () => {
  const range = `from=${nsToIso(T0)}&to=${nsToIso(T0 + 10n * SECOND)}`;

  beforeEach(async () => {
    const [slow = 0, fast = 0] = await api.addMachine('pump-01', ['Slow', 'Fast']);
    await api.put('pump-01', [
      { no: slow, t: T0, value: 1 },
      { no: slow, t: T0 + 100n, value: null, statusCode: 0x80310000, flags: 1 },
      ...Array.from({ length: 1_000 }, (_, i) => ({
        no: fast,
        t: T0 + (BigInt(i) * SECOND) / 100n,
        value: i,
      })),
    ]);
    const head = { stream: STREAM, sequence: 77, checksum: 1 } as const;
    await api.store.append([
      { ...head, kind: 'gap', machine: 'brest/pump-01', from: T0, to: T0 + SECOND, cause: 'connection-lost' },
      {
        ...head,
        sequence: 78,
        kind: 'gap',
        machine: 'brest/other',
        from: T0,
        to: T0 + SECOND,
        cause: 'connection-lost',
      },
      { ...head, sequence: 79, kind: 'gap', from: T0 - SECOND, to: T0, cause: 'server-restarted' },
    ]);
  });

  test('are raw where they are few and buckets where they are many, with the gaps of the range', async () => {
    const url = `/api/v1/samples?signal=brest/pump-01/Slow&signal=brest/pump-01/Fast&${range}&maxPoints=10`;
    const answer = samplesRoute.response.strict().parse(await json(url));
    expect(answer.items[0]).toEqual({
      signal: 'brest/pump-01/Slow',
      mode: 'raw',
      samples: [
        { t: '2026-11-22T06:00:00.000Z', value: 1, statusCode: 0 },
        { t: '2026-11-22T06:00:00.0000001Z', value: null, statusCode: 0x80310000, flags: 1 },
      ],
    });
    const fast = answer.items[1];
    if (fast?.mode !== 'buckets') throw new Error('expected buckets');
    expect(fast.bucketMs).toBe(1_000);
    expect(fast.buckets).toHaveLength(10);
    expect(fast.buckets[3]).toEqual({
      t: nsToIso(T0 + 3n * SECOND),
      min: 300,
      mean: 349.5,
      max: 399,
      first: 300,
      last: 399,
      count: 100,
      worstStatus: 0,
    });
    expect(answer.gaps).toEqual([
      { machine: 'brest/pump-01', from: nsToIso(T0), to: nsToIso(T0 + SECOND), cause: 'connection-lost' },
    ]);
  });

  test('come as columns of doubles that say the same as the JSON', async () => {
    const url = `/api/v1/samples?signal=brest/pump-01/Slow&signal=brest/pump-01/Fast&${range}&maxPoints=10`;
    const asJson = (await json(url)) as SamplesResponse;
    const response = await api.get(`${url}&format=columns`);
    expect(response.headers.get('content-type')).toBe(COLUMNS_MEDIA_TYPE);
    const body = await response.arrayBuffer();
    const headerBytes = new DataView(body).getUint32(0, true);
    const header = JSON.parse(
      new TextDecoder().decode(new Uint8Array(body, 4, headerBytes)),
    ) as ColumnsHeader;
    const numbers = new Float64Array(body, 4 + headerBytes);
    expect(header.gaps).toEqual(asJson.gaps);

    let at = 0;
    const series = header.items.map((item) => ({
      ...item,
      columns: Object.fromEntries(
        item.columns.map((name) => [name, [...numbers.subarray(at, (at += item.count))]]),
      ),
    }));
    expect(at).toBe(numbers.length);
    const t0Ms = Number(T0 / 1_000_000n);
    expect(series[0]?.columns).toEqual({
      t: [t0Ms, t0Ms + 0.0001],
      value: [1, Number.NaN],
      statusCode: [0, 0x80310000],
    });
    const fast = asJson.items[1];
    if (fast?.mode !== 'buckets') throw new Error('expected buckets');
    expect(series[1]?.columns['max']).toEqual(fast.buckets.map(({ max }) => max));
    expect(series[1]?.columns['t']).toEqual(fast.buckets.map(({ t }) => Date.parse(t)));
    expect(series[1]?.columns['count']).toEqual(fast.buckets.map(({ count }) => count));
  });

  test('are exported whole as CSV, over page borders, texts quoted', async () => {
    const [text = 0, many = 0] = await api.addMachine('pump-02', ['Text', 'Many']);
    await api.put('pump-02', [
      { no: text, t: T0, value: 'a "b",\nc' },
      { no: text, t: T0 + 1n, value: '' },
      { no: text, t: T0 + 2n, value: null, statusCode: 0x80310000 },
    ]);
    // Page borders fall within samples of one time.
    const rows = Array.from({ length: 25_000 }, (_, i) => ({
      no: many,
      t: T0 + BigInt(Math.floor(i / 3)),
      value: i,
    }));
    await api.put('pump-02', rows);
    const response = await api.get(
      `/api/v1/export?signal=brest/pump-02/Text&signal=brest/pump-02/Many&${range}`,
    );
    expect(response.headers.get('content-type')).toContain('text/csv');
    const body = await response.text();
    const t = nsToIso(T0);
    expect(body.startsWith('signal,sourceTimestamp,value,statusCode,type\r\n')).toBe(true);
    expect(body).toContain(`brest/pump-02/Text,${t},"a ""b"",\nc",0,text\r\n`);
    expect(body).toContain('brest/pump-02/Text,2026-11-22T06:00:00.000000001Z,"",0,text\r\n');
    expect(body).toContain('brest/pump-02/Text,2026-11-22T06:00:00.000000002Z,,2150694912,null\r\n');
    const values = body
      .split('\r\n')
      .filter((line) => line.startsWith('brest/pump-02/Many'))
      .map((line) => Number(line.split(',')[2]));
    expect(values).toEqual(rows.map(({ value }) => value));
  });
});

describe('audit', () => {
  test('states the books at the cut, and explains nothing while records are missing', async () => {
    const [no = 0] = await api.addMachine('pump-01', ['P']);
    await api.put('pump-01', [
      { no, t: T0, value: 1 },
      { no, t: T0 + 1n, value: 2 },
    ]);
    const cut = {
      kind: 'checkpoint',
      stream: STREAM,
      checksum: 5,
      produced: 6,
      journaled: 5,
      discarded: 1,
    } as const;
    await api.store.append([{ ...cut, sequence: 4 }]);
    await api.store.putDeadLetter({
      receivedAt: T0,
      topic: 'spBv1.0/brest/DDATA/edge-1/pump-01',
      code: 'SPARKPLUG_MALFORMED',
      reason: 'cut short',
      stream: STREAM,
      sequence: 3,
      samples: 1,
      payload: new Uint8Array(3_000).fill(7),
    });
    const open = auditRoute.response.strict().parse(await json('/api/v1/audit/streams')).items[0];
    expect(open).toMatchObject({ inFlight: 1, missing: [[2, 2]], unexplained: null, current: true });

    await api.store.append([
      {
        kind: 'drop',
        stream: STREAM,
        sequence: 5,
        checksum: 9,
        samples: 2,
        sequences: [2, 2],
        cause: 'disk-full',
      },
    ]);
    const closed = auditRoute.response.parse(await json('/api/v1/audit/streams')).items[0];
    expect(closed).toMatchObject({
      agent: 'brest/edge-1',
      cut: 4,
      produced: 6,
      discarded: 1,
      storedAtCut: 2,
      rejected: 1,
      declaredLost: 2,
      inFlight: 0,
      missing: [],
      unexplained: 0,
    });

    const letters = deadLettersRoute.response.strict().parse(await json('/api/v1/dead-letters')).items;
    expect(letters[0]).toMatchObject({ code: 'SPARKPLUG_MALFORMED', payloadBytes: 3_000, sequence: 3 });
    expect(Buffer.from(letters[0]?.payload ?? '', 'base64')).toHaveLength(1_024);
  });
});

describe('health', () => {
  test('is 200 and ok, degraded without the broker, 503 and down when the store cannot write', async () => {
    const ok = healthRoute.response.strict().parse(await json('/api/v1/health'));
    expect(ok.status).toBe('ok');
    api.presence.agentStates = [
      { agent: 'brest/edge-1', site: 'brest', online: false, lastHeardAt: Date.now(), health: undefined },
    ];
    expect(await json('/api/v1/health')).toMatchObject({
      status: 'degraded',
      components: expect.arrayContaining([expect.objectContaining({ name: 'edge-agent brest/edge-1' })]),
    });
    api.presence.agentStates = [];
    api.presence.connectedToBroker = false;
    expect(await json('/api/v1/health')).toMatchObject({ status: 'degraded' });
    api.store.problem = 'the disk is full';
    const response = await api.get('/api/v1/health');
    expect(response.status).toBe(503);
    const down = healthRoute.response.parse(await response.json());
    expect(down.components[0]).toEqual({ name: 'historian', status: 'down', detail: 'the disk is full' });
  });

  test('what the process says of the same component counts where it is worse', async () => {
    const other = await ApiFixture.inMemory().start({
      health: () => [
        { name: 'historian', status: 'ok' },
        { name: 'ingest', status: 'down', detail: 'stopped' },
        { name: 'broker', status: 'ok' },
      ],
    });
    try {
      const { components } = healthRoute.response.parse(await (await other.get('/api/v1/health')).json());
      expect(components.map(({ name, status }) => `${name} ${status}`)).toEqual([
        'historian ok',
        'ingest down',
        'broker ok',
      ]);
      expect(components[0]?.detail).toContain('samples');
    } finally {
      await other.stop();
    }
  });

  test('metrics of the process are served', async () => {
    await api.get('/api/v1/machines/brest/nobody');
    const text = await (await api.get('/metrics')).text();
    expect(text).toContain(
      'api_http_request_seconds_count{route="/api/v1/machines/:site/:machine",status="4xx"} 1',
    );
  });
});

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIVE_PATH, LIVE_WINDOW, type FrameMessage } from '#contracts/live.ts';
import type { Problem } from '#contracts/problems.ts';
import { msToNs } from '#domain/time.ts';
import { ApiFixture } from '../../support/api-fixture.ts';
import { LiveClient } from '../../support/live-client.ts';
import { expectInTime, watchStalls } from '../../support/timing-gate.ts';

let api: ApiFixture;
const clients: LiveClient[] = [];
beforeEach(async () => {
  api = await ApiFixture.inMemory().start();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await api.stop();
});

async function connect(): Promise<LiveClient> {
  const client = await LiveClient.open(api.port);
  clients.push(client);
  client.send({ hello: 1 });
  return client;
}

const now = (): bigint => msToNs(Date.now());
const valuesOf = (frames: readonly FrameMessage[], id: number): unknown[] =>
  frames.flatMap(({ i, v }) => i.flatMap((each, k) => (each === id ? [v[k]] : [])));

describe('a subscription', () => {
  test('gets a dictionary, a snapshot, and then only what changes', async () => {
    const [a = 0, b = 0] = await api.addMachine('pump-01', ['A', 'B', 'Silent']);
    const sourceMs = Date.now() - 5_000;
    await api.put('pump-01', [
      { no: a, t: msToNs(sourceMs) + 999_999n, value: 1 },
      { no: b, t: msToNs(sourceMs), value: null, statusCode: 0x80310000 },
    ]);
    const client = await connect();
    client.send({ sub: 3, tags: ['brest/pump-01/*', 'brest/nobody/X'], rate: 20 });
    const snapshot = await client.until('the snapshot', () => client.frames.find(({ snap }) => snap));
    expect(client.dictionaries[0]).toMatchObject({
      dict: 3,
      ids: [
        [a, 'brest/pump-01/A', 'bar', 'brest/pump-01'],
        [b, 'brest/pump-01/B', 'bar', 'brest/pump-01'],
        [3, 'brest/pump-01/Silent', 'bar', 'brest/pump-01'],
      ],
      unknown: ['brest/nobody/X'],
    });
    expect(snapshot).toMatchObject({ snap: [3], i: [a, b], v: [1, null], q: [0, 0x80310000] });
    expect(snapshot.t + (snapshot.d[0] ?? 0)).toBe(sourceMs);
    expect(snapshot).not.toHaveProperty('lo');

    await api.put('pump-01', [{ no: a, t: now(), value: 2 }]);
    const change = await client.until('the change', () =>
      client.frames.find(({ snap, i }) => !snap && i.length > 0),
    );
    expect(change).toMatchObject({ i: [a], v: [2] });
    expect(change).not.toHaveProperty('q');
  });

  test('carries every kind of value, exactly', async () => {
    const values = [0.1, -0, Number.NaN, 7n, 2n ** 63n, -(2n ** 62n), false, 'Привет "x"', { json: '[1]' }];
    const numbers = await api.addMachine(
      'pump-01',
      values.map((_, i) => `S${i}`),
    );
    const client = await connect();
    client.send({ sub: 1, tags: ['*'], rate: 20 });
    await client.until('the snapshot', () => client.frames.find(({ snap }) => snap));
    await api.put(
      'pump-01',
      values.map((value, i) => ({ no: numbers[i] ?? 0, t: now(), value })),
    );
    const frame = await client.until('values', () =>
      client.frames.find(({ i }) => i.length === values.length),
    );
    expect(frame.v).toEqual([
      0.1,
      0,
      'NaN',
      7,
      '9223372036854775808',
      '-4611686018427387904',
      false,
      'Привет "x"',
      '[1]',
    ]);
  });

  test('is not moved back by backfill', async () => {
    const [a = 0] = await api.addMachine('pump-01', ['A']);
    const client = await connect();
    client.send({ sub: 1, tags: ['*'], rate: 20 });
    await api.put('pump-01', [{ no: a, t: now(), value: 2 }]);
    await api.put('pump-01', [{ no: a, t: now() - 10n ** 10n, value: 1, flags: 1 }]);
    await client.until('the value', () => valuesOf(client.frames, a).at(-1) === 2);
    await api.put('pump-01', [{ no: a, t: now(), value: 3 }]);
    await client.until('the next value', () => valuesOf(client.frames, a).at(-1) === 3);
    expect(valuesOf(client.frames, a)).not.toContain(1);
  });

  test('starts anew by itself when an unknown tag becomes known', async () => {
    const client = await connect();
    client.send({ sub: 1, tags: ['brest/late/*'], rate: 20 });
    await client.until('the first dictionary', () => client.dictionaries[0]);
    expect(client.dictionaries[0]).toMatchObject({ ids: [], unknown: ['brest/late/*'] });
    // Without a word of presence: the first sample beyond the catalogue tells it.
    const [no = 0] = await api.store.putCatalogue({ ...(await demo('late')) });
    await api.put('late', [{ no, t: now(), value: 5 }]);
    const known = await client.until('the second dictionary', () => client.dictionaries[1]);
    expect(known).toMatchObject({ dict: 1, ids: [[no, 'brest/late/A', 'bar', 'brest/late']], unknown: [] });
    await client.until('its value', () => valuesOf(client.frames, no).includes(5));
  });

  test('ends with unsub and is replaced by the same number', async () => {
    const [a = 0, b = 0] = await api.addMachine('pump-01', ['A', 'B']);
    const client = await connect();
    client.send({ sub: 1, tags: ['brest/pump-01/A'], rate: 20 });
    client.send({ sub: 1, tags: ['brest/pump-01/B'], rate: 20 });
    client.send({ sub: 2, tags: ['brest/pump-01/A'], rate: 20 });
    client.send({ unsub: 2 });
    await client.until('three dictionaries', () => client.dictionaries.length === 3);
    await api.put('pump-01', [
      { no: a, t: now(), value: 1 },
      { no: b, t: now(), value: 2 },
    ]);
    await client.until('B', () => valuesOf(client.frames, b).length > 0);
    await client.until(
      'a heartbeat after it',
      () => client.frames.length > 3 && client.frames.at(-1)?.i.length === 0,
    );
    expect(valuesOf(client.frames, a)).toEqual([]);
  });
});

async function demo(machine: string) {
  const { demoCatalogue } = await import('../../support/api-fixture.ts');
  return demoCatalogue(machine, ['A']);
}

describe('credits', () => {
  test('at most two frames go unacknowledged; then last, least and greatest come conflated', async () => {
    const [a = 0, t = 0] = await api.addMachine('pump-01', ['A', 'Text']);
    const client = await connect();
    client.send({ sub: 1, tags: ['*'], rate: 20, mode: 'minmax' });
    await client.until('the dictionary', () => client.dictionaries.at(-1)?.ids.length === 2);
    await client.until('its snapshot', () => client.frames.at(-1)?.snap);
    client.autoAcknowledge = false;
    const before = client.frames.length;
    await client.until('the window to fill', () => client.frames.length === before + LIVE_WINDOW);
    for (const value of [5, 900, -40, 7]) {
      await api.put('pump-01', [
        { no: a, t: now(), value },
        { no: t, t: now(), value: `v${value}` },
      ]);
      await new Promise((resolve) => setTimeout(resolve, 70));
    }
    expect(client.frames).toHaveLength(before + LIVE_WINDOW);
    const last = client.frames.at(-1)?.f ?? 0;
    client.send({ a: last });
    const frame = await client.until('the conflated frame', () => client.frames[before + LIVE_WINDOW]);
    expect(frame).toMatchObject({ i: [a, t], v: [7, 'v7'], lo: [-40, null], hi: [900, null] });
  });

  test('a spike within one period shows in minmax and not in last', async () => {
    const [a = 0] = await api.addMachine('pump-01', ['A']);
    const client = await connect();
    client.send({ sub: 1, tags: ['*'], rate: 2, mode: 'minmax' });
    client.send({ sub: 2, tags: ['*'], rate: 2, mode: 'last' });
    await client.until('both snapshots', () =>
      [1, 2].every((sub) => client.frames.some(({ snap }) => snap?.includes(sub))),
    );
    await api.put(
      'pump-01',
      [1, 55, 2].map((value) => ({ no: a, t: now(), value })),
    );
    const frame = await client.until('the frame', () => client.frames.find(({ i }) => i.length === 2));
    expect(frame).toMatchObject({ i: [a, a], v: [2, 2], lo: [1, null], hi: [55, null] });
  });

  test('an empty frame comes at least every 500 ms', async () => {
    const client = await connect();
    const stalledMs = watchStalls();
    await client.until('four heartbeats', () => client.frames.length >= 4);
    const times = client.frames.map(({ t }) => t);
    const widest = Math.max(...times.slice(1).map((t, i) => t - (times[i] ?? t)));
    expect(widest - stalledMs()).toBeLessThan(700);
    expect(client.frames[1]).toMatchObject({ i: [], v: [], d: [] });
  });
});

describe('stale paths', () => {
  test('are named as soon as a machine is disconnected or silent for 2 s, and no longer when it lives', async () => {
    await api.addMachine('pump-01', ['A']);
    await api.addMachine('pump-02', ['A']);
    api.presence.alive('brest/pump-02', true, Date.now() - 1_700);
    const refresh = setInterval(() => {
      const [one] = api.presence.machineStates.filter(({ machine }) => machine === 'brest/pump-01');
      if (one?.connected) api.presence.alive('brest/pump-01');
    }, 200);
    try {
      const client = await connect();
      const first = await client.until('a frame', () => client.frames[0]);
      expect(first.stale).toEqual({});
      const silent = await client.until('the silent one', () =>
        client.frames.find(({ stale }) => stale && 'brest/pump-02' in stale),
      );
      expect(silent.stale?.['brest/pump-02']).toBeGreaterThan(2_000);
      api.presence.alive('brest/pump-01', false);
      api.presence.changed();
      await client.until('the dead one', () =>
        client.frames.find(({ stale }) => stale && 'brest/pump-01' in stale),
      );
      await client.until('the event', () =>
        client.events.some(({ e }) => e.some(({ type }) => type === 'machine-disconnected')),
      );
      api.presence.alive('brest/pump-01');
      api.presence.changed();
      await client.until('life again', () => {
        const { stale } = client.frames.findLast((frame) => frame.stale) ?? {};
        return stale && !('brest/pump-01' in stale) && client.frames.length > 3;
      });
    } finally {
      clearInterval(refresh);
    }
  });

  test('events missed over a short cut come on resume', async () => {
    await api.addMachine('pump-01', ['A']);
    const first = await connect();
    first.send({ sub: 1, tags: [] });
    const { epoch } = await first.until('the dictionary', () => first.dictionaries[0]);
    api.presence.alive('brest/pump-01', false);
    api.presence.changed();
    const { es } = await first.until('the event', () => first.events[0]);
    await first.close();
    api.presence.alive('brest/pump-01');
    api.presence.changed();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const second = await LiveClient.open(api.port);
    clients.push(second);
    second.send({ hello: 1, resume: { epoch, es } });
    const missed = await second.until('the missed event', () => second.events[0]);
    expect(missed.e.map(({ type }) => type)).toEqual(['machine-connected']);
    expect(missed.es).toBe(es + 1);
  });
});

describe('limits', () => {
  test('a message that is none of the protocol is answered, twenty of them end the connection', async () => {
    const client = await connect();
    client.socket.send('{"sub":"x"}');
    await client.until('the problem', () => client.problems[0]?.problem.code === 'BAD_PARAMETER');
    for (let i = 0; i < 20; i += 1) client.socket.send('nonsense');
    await client.until('the end', () => client.closedWith === 1008);
  });

  test('nothing is heard before hello, and no frame may be acknowledged before it is sent', async () => {
    const client = await LiveClient.open(api.port);
    clients.push(client);
    client.send({ sub: 1, tags: ['*'] });
    await client.until('the problem', () => client.problems.length === 1);
    expect(client.dictionaries).toEqual([]);
    client.send({ hello: 1 });
    client.send({ a: 1_000_000 });
    await client.until('the second problem', () => client.problems.length === 2);
  });

  test('whoever never says hello gives the place back', async () => {
    let aheadMs = 0;
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + aheadMs };
    const impatient = await ApiFixture.inMemory().start({ clock });
    const client = await LiveClient.open(impatient.port);
    const greeted = await LiveClient.open(impatient.port);
    greeted.send({ hello: 1 });
    await greeted.until('a frame', () => greeted.frames.length > 0);
    aheadMs = 11_000;
    await client.until('the end', () => client.closedWith === 1008);
    expect(client.problems[0]?.problem.detail).toContain('hello');
    expect(greeted.closedWith).toBeUndefined();
    await greeted.close();
    await impatient.stop();
  });

  test('subscriptions have a bound', async () => {
    const client = await connect();
    for (let i = 0; i < 65; i += 1) client.send({ sub: i, tags: [] });
    await client.until('the problem', () => client.problems[0]?.problem.code === 'TOO_LARGE');
    expect(client.dictionaries).toHaveLength(64);
  });

  test('a flood and a message beyond the size end the connection', async () => {
    const flooder = await connect();
    for (let i = 0; i < 500; i += 1) flooder.send({ unsub: 1 });
    await flooder.until('the end', () => flooder.closedWith === 1008);
    expect(flooder.problems.at(-1)?.problem.code).toBe('TOO_MANY_REQUESTS');
    const big = await connect();
    big.socket.send('x'.repeat(3 * 1024 * 1024));
    await big.until('the end', () => big.closedWith === 1009);
  });

  test('pages of other sites and connections beyond the limit are refused', async () => {
    const small = await ApiFixture.inMemory().start({
      maxLiveConnections: 1,
      allowedOrigins: ['http://dev.test'],
    });
    try {
      expect(await refusal(small.port, { origin: 'http://evil.test' })).toBe('ORIGIN_REFUSED');
      const own = await LiveClient.open(small.port, `http://127.0.0.1:${small.port}`);
      expect(await refusal(small.port, { origin: 'http://dev.test' })).toBe('TOO_MANY_REQUESTS');
      await own.close();
      // The server has seen the close when its answer came; its place is free then.
      const dev = await LiveClient.open(small.port, 'http://dev.test');
      await dev.close();
      expect(await refusal(small.port, { origin: 'http://evil.test', host: 'evil.test' })).toBe(
        'ORIGIN_REFUSED',
      );
      expect(await refusal(small.port, { path: '/api/v1/else' })).toBe('NOT_FOUND');
    } finally {
      await small.stop();
    }
  });
});

interface Refused {
  readonly origin?: string;
  readonly host?: string;
  readonly path?: string;
}

async function refusal(port: number, { origin, host, path = LIVE_PATH }: Refused): Promise<string> {
  const headers = { ...(origin === undefined ? {} : { origin }), ...(host === undefined ? {} : { host }) };
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  return ((await json(response)) as Problem).code;
}

describe('the end', () => {
  test('comes in bounded time, a browser that does not answer notwithstanding', async (context) => {
    const small = await ApiFixture.inMemory().start();
    const client = await LiveClient.open(small.port);
    client.send({ hello: 1 });
    await client.until('a frame', () => client.frames.length > 0);
    client.socket.pause();
    const startedAt = performance.now();
    await small.stop();
    const tookMs = performance.now() - startedAt;
    client.socket.terminate();
    expectInTime(context, tookMs, 3_000);
  });

  test('tells the browser that the server goes', async () => {
    const small = await ApiFixture.inMemory().start();
    const client = await LiveClient.open(small.port);
    await small.stop();
    await client.until('the close', () => client.closedWith === 1001);
  });
});

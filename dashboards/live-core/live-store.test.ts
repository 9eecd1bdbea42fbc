import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientMessage } from '#contracts/live.ts';
import { LiveStore } from './live-store.ts';
import { ServerClock } from './server-clock.ts';
import { FakeClock } from './testing/fake-clock.ts';

const T = 1_900_000_000_000;
const LOAD = 'brest/cnc-01/Spindle/Load';
const SPEED = 'brest/cnc-01/Spindle/Speed';

describe('LiveStore', () => {
  let clock: FakeClock;
  let store: LiveStore;
  let sent: ClientMessage[];

  beforeEach(() => {
    clock = new FakeClock();
    store = new LiveStore(new ServerClock(clock));
    sent = [];
    store.connect((message) => sent.push(message));
    store.applyDictionary({
      dict: 1,
      epoch: 'a',
      unknown: [],
      ids: [
        [12, LOAD, '%', 'brest/cnc-01'],
        [900, SPEED, 'r/min', 'brest/cnc-01'],
      ],
    });
  });

  it('keeps value, source time, status and extremes of each signal', () => {
    store.applyFrame({
      f: 1,
      t: T,
      i: [900, 12],
      v: [1204, null],
      d: [-40, -1],
      q: [0, 0x80310000],
      lo: [1190, null],
      hi: [1310, null],
    });
    const speed = store.slotOf(SPEED);
    const load = store.slotOf(LOAD);
    expect([store.values[speed], store.times[speed], store.lo[speed], store.hi[speed]]).toEqual([
      1204,
      T - 40,
      1190,
      1310,
    ]);
    expect([store.values[load], store.status[load], store.lo[load]]).toEqual([null, 0x80310000, NaN]);
  });

  it('tells listeners of the signal only, until they end', () => {
    const heard: number[] = [];
    const end = store.listen(store.slotOf(LOAD), { onValue: (slot) => heard.push(slot) });
    store.applyFrame({ f: 1, t: T, i: [12, 900], v: [1, 2], d: [0, 0] });
    end();
    store.applyFrame({ f: 2, t: T, i: [12], v: [3], d: [0] });
    expect(heard).toEqual([store.slotOf(LOAD)]);
  });

  it('forgets the numbers of a server that was restarted, keeps the values', () => {
    store.applyFrame({ f: 1, t: T, i: [12], v: [61], d: [0] });
    store.applyDictionary({ dict: 1, epoch: 'b', unknown: [], ids: [[3, SPEED, 'r/min', 'brest/cnc-01']] });
    store.applyFrame({ f: 1, t: T, i: [12, 3], v: [99, 700], d: [0, 0] });
    expect(store.values[store.slotOf(LOAD)]).toBe(61);
    expect(store.values[store.slotOf(SPEED)]).toBe(700);
  });

  it('reuses numbers of subscriptions and repeats those that are left after a reconnect', () => {
    const endFirst = store.subscribe({ tags: [LOAD], rate: 4, mode: 'last' });
    store.subscribe({ tags: [SPEED], rate: 10, mode: 'minmax' });
    endFirst();
    endFirst();
    store.subscribe({ tags: ['brest/pump-01/*'], rate: 4, mode: 'last' });
    expect(sent).toEqual([
      { sub: 1, tags: [LOAD], rate: 4, mode: 'last' },
      { sub: 2, tags: [SPEED], rate: 10, mode: 'minmax' },
      { unsub: 1 },
      { sub: 1, tags: ['brest/pump-01/*'], rate: 4, mode: 'last' },
    ]);
    sent.length = 0;
    store.resubscribe();
    expect(sent).toHaveLength(2);
  });

  it('ages a dead path with the server’s clock until a frame says otherwise', () => {
    let changes = 0;
    store.onStaleChange = () => (changes += 1);
    store.applyFrame({ f: 1, t: T, i: [], v: [], d: [], stale: { 'brest/cnc-01': 2_100 } });
    clock.advance(400);
    expect(store.staleAgeMs('brest/cnc-01')).toBe(2_500);
    expect(store.staleAgeMs('brest/pump-01')).toBeUndefined();
    store.applyFrame({ f: 2, t: T + 400, i: [12], v: [1], d: [0] });
    expect(store.staleAgeMs('brest/cnc-01')).toBe(2_500);
    store.applyFrame({ f: 3, t: T + 500, i: [], v: [], d: [], stale: {} });
    expect(store.staleAgeMs('brest/cnc-01')).toBeUndefined();
    expect(changes).toBe(2);
  });

  it('has room for as many signals as come', () => {
    const ids = Array.from({ length: 3_000 }, (_, n) => [n, `brest/m/S${n}`, '', 'brest/m'] as const);
    store.applyDictionary({ dict: 2, epoch: 'a', unknown: [], ids });
    store.applyFrame({ f: 1, t: T, i: ids.map(([n]) => n), v: ids.map(([n]) => n), d: ids.map(() => 0) });
    expect(store.times[store.slotOf('brest/m/S2999')]).toBe(T);
    expect(store.values[store.slotOf('brest/m/S2999')]).toBe(2_999);
  });
});

describe('ServerClock', () => {
  it('follows the quickest of the last frames, whatever the local wall clock says', () => {
    const clock = new FakeClock();
    const server = new ServerClock(clock);
    clock.wallOffsetMs = T + 300_000;
    for (const delay of [40, 3, 25, 90]) {
      clock.advance(100);
      server.observe(T + clock.monotonic() - delay);
    }
    expect(server.now()).toBe(T + clock.monotonic() - 3);
    expect(server.skewMs()).toBeCloseTo(-300_003);
    clock.wallOffsetMs += 3_600_000;
    expect(server.now()).toBe(T + clock.monotonic() - 3);
  });

  it('follows a server whose clock was set back, once twenty frames say so', () => {
    const clock = new FakeClock();
    const server = new ServerClock(clock);
    server.observe(T);
    for (let n = 0; n < 20; n += 1) server.observe(T - 60_000);
    expect(server.now()).toBe(T - 60_000);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { FrameMessage } from '#contracts/live.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { FakeSocket } from './testing/fake-socket.ts';
import { LiveTransport } from './transport.ts';
import type { LinkState } from './transport.ts';

const frame = (f: number): FrameMessage => ({ f, t: 1_800_000_000_000 + f, i: [], v: [], d: [] });

describe('LiveTransport', () => {
  let clock: FakeClock;
  let sockets: FakeSocket[];
  let states: LinkState[];
  let hidden: boolean;
  let transport: LiveTransport;
  const last = (): FakeSocket => sockets.at(-1) ?? new FakeSocket();

  beforeEach(() => {
    clock = new FakeClock();
    sockets = [];
    states = [];
    hidden = false;
    transport = new LiveTransport({
      clock,
      random: () => 1,
      hidden: () => hidden,
      dial: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      handlers: {
        onOpen: () => transport.send({ sub: 1, tags: ['brest/cnc-01/*'], rate: 4, mode: 'last' }),
        onDictionary: () => {},
        onFrame: () => {},
        onLink: (state) => states.push(state),
      },
    });
    transport.start();
  });

  it('says hello first, then subscribes, and is live with the first frame only', () => {
    last().open();
    expect(last().sent).toEqual([{ hello: 1 }, { sub: 1, tags: ['brest/cnc-01/*'], rate: 4, mode: 'last' }]);
    expect(transport.link).toBe('open');
    last().say(frame(1));
    expect(transport.link).toBe('live');
  });

  it('acknowledges each frame, with the time of the last painting', () => {
    last().open();
    last().say(frame(7));
    transport.painted(1.93);
    last().say(frame(8));
    expect(last().sent.slice(2)).toEqual([{ a: 7 }, { a: 8, p: 1.9 }]);
  });

  it('is silent 1.5 s after the last frame and lost after 4 s on an open socket', () => {
    last().open();
    last().say(frame(1));
    clock.advance(1_500);
    expect(transport.link).toBe('live');
    clock.advance(150);
    expect(transport.link).toBe('silent');
    const halfOpen = last();
    clock.advance(2_300);
    expect(transport.link).toBe('silent');
    clock.advance(200);
    expect(transport.link).toBe('lost');
    expect(halfOpen.closed).toBe(true);
  });

  it('is live again when frames return before it gave up', () => {
    last().open();
    last().say(frame(1));
    clock.advance(2_000);
    last().say(frame(2));
    expect(transport.link).toBe('live');
    expect(sockets).toHaveLength(1);
  });

  it('is lost at once when the socket closes and dials again with growing delays', () => {
    last().open();
    last().say(frame(1));
    last().drop();
    expect(transport.link).toBe('lost');
    const delays: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      const before = sockets.length;
      const began = clock.monotonic();
      while (sockets.length === before) clock.advance(10);
      delays.push(clock.monotonic() - began);
      last().drop();
    }
    expect(delays).toEqual([250, 500, 1_000, 1_500, 1_500, 1_500]);
  });

  it('takes its time in a hidden page, 4 s at most, with jitter down to half', () => {
    hidden = true;
    for (let n = 0; n < 8; n += 1) {
      last().drop();
      clock.advance(4_000);
    }
    const before = sockets.length;
    last().drop();
    clock.advance(3_990);
    expect(sockets).toHaveLength(before);
    clock.advance(20);
    expect(sockets).toHaveLength(before + 1);
  });

  it('begins with short delays again once frames came', () => {
    for (let n = 0; n < 5; n += 1) {
      last().drop();
      clock.advance(1_500);
    }
    last().open();
    last().say(frame(1));
    const before = sockets.length;
    last().drop();
    clock.advance(260);
    expect(sockets).toHaveLength(before + 1);
  });

  it('gives up a dial that is not answered', () => {
    clock.advance(4_100);
    expect(sockets[0]?.closed).toBe(true);
    clock.advance(300);
    expect(sockets).toHaveLength(2);
  });

  it('judges by arrival when a sleeping page wakes up, although no timer ran', () => {
    last().open();
    last().say(frame(1));
    clock.sleep(60_000);
    expect(transport.link).toBe('live');
    transport.wake();
    expect(transport.link).toBe('lost');
  });

  it('ignores what a socket says that was given up', () => {
    last().open();
    last().say(frame(1));
    const old = last();
    old.drop();
    clock.advance(300);
    old.say(frame(2));
    expect(transport.link).toBe('lost');
  });
});

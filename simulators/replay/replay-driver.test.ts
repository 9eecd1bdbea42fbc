import type { ReplayConfig } from '#contracts/config/simulators.ts';
import type { Subscribers } from './subscriber-gate.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { replayMappingSchema } from '#contracts/config/replay-mapping.ts';
import { replaySchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { parseRecording } from './recording.ts';
import { ReplayDriver } from './replay-driver.ts';

const mapping = replayMappingSchema.parse({
  id: 'r',
  kind: 'generic',
  name: { en: 'R' },
  time: { column: 't', format: 'unix-s' },
  columns: [
    { column: 'a', path: 'A' },
    { column: 'b', path: 'B' },
  ],
});

/** Rows at 0, 1, 2, 2, 1 and 10 s; one empty cell. */
const recording = parseRecording('t,a,b\n0,1,1\n1,1,\n2,3,1\n2,3,1\n1,4,1\n10,5,1\n', mapping, 'r.csv');

interface Emitted {
  readonly timeMs: number;
  readonly values: unknown[];
  readonly statuses: number[];
}

function replay(config: Partial<ReplayConfig>) {
  const emitted: Emitted[] = [];
  const subscribers: { -readonly [Key in keyof Subscribers]: number } = {
    subscribed: 2,
    room: 100,
    unsent: 0,
    unacknowledged: 0,
  };
  const driver = new ReplayDriver({
    recording,
    config: replaySchema.parse({ mapping: 'm', ...config }),
    position: 0,
    sink: {
      accept: (_, { timeMs, values, statuses }) =>
        emitted.push({ timeMs, values: [...values], statuses: [...statuses] }),
    },
    subscribers: () => subscribers,
    log: createLogger('test', 'silent'),
    now: () => Date.now(),
  });
  driver.start();
  return { driver, emitted, subscribers };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('max: every row in the order of the file, with its own time; an empty cell is Bad_NoData', () => {
  const { driver, emitted } = replay({ speed: 'max' });
  vi.advanceTimersByTime(5);
  expect(emitted.map(({ timeMs }) => timeMs)).toEqual([0, 1000, 2000, 2000, 1000, 10_000]);
  expect(emitted[1]).toEqual({ timeMs: 1000, values: [1, null], statuses: [0, 0x809b0000] });
  expect(driver.state).toBe('finished');
});

test('true time and times of now: a step back is due at once, a gap stays a gap', () => {
  const { emitted } = replay({ speed: 1, times: 'now' });
  vi.advanceTimersByTime(9_000);
  expect(emitted.map(({ timeMs }) => timeMs - 1_000_005)).toEqual([0, 1000, 2000, 2000, 1000]);
  vi.advanceTimersByTime(1_100);
  expect(emitted).toHaveLength(6);
});

test('a full queue holds the replay, and nothing is left out afterwards', () => {
  const { driver, emitted, subscribers } = replay({ speed: 'max' });
  subscribers.room = 0;
  vi.advanceTimersByTime(100);
  expect([driver.state, emitted.length]).toEqual(['held', 0]);
  subscribers.room = 10;
  subscribers.unacknowledged = 60;
  vi.advanceTimersByTime(100);
  expect(emitted).toHaveLength(0);
  subscribers.unacknowledged = 0;
  vi.advanceTimersByTime(100);
  expect(emitted).toHaveLength(6);
});

test('row 1 waits for all signals, or for those watched once no more come; it pauses when they go', () => {
  const { driver, emitted, subscribers } = replay({ speed: 1 });
  subscribers.subscribed = 0;
  vi.advanceTimersByTime(60_000);
  expect(driver.state).toBe('waiting');
  subscribers.subscribed = 1;
  vi.advanceTimersByTime(1_900);
  expect(driver.state).toBe('waiting');
  vi.advanceTimersByTime(200);
  expect(emitted).toHaveLength(1);
  subscribers.subscribed = 0;
  vi.advanceTimersByTime(5_000);
  expect([driver.state, emitted.length]).toEqual(['held', 1]);
  subscribers.subscribed = 1;
  vi.advanceTimersByTime(100);
  expect(emitted).toHaveLength(5);
});

test('a loop goes on from now, round after round', () => {
  const { driver, emitted } = replay({ speed: 10, repeat: 'loop', times: 'now', waitForSubscriber: false });
  vi.advanceTimersByTime(2_600);
  expect(driver.rows).toBe(emitted.length);
  expect(driver.rows).toBeGreaterThan(12);
  expect(emitted[6]!.timeMs).toBeGreaterThanOrEqual(emitted[5]!.timeMs);
});

test.each([
  { repeat: 'loop', times: 'recorded' },
  { speed: 'max', times: 'now' },
])('%j is refused, with a remedy', (config) => {
  const result = replaySchema.safeParse({ mapping: 'm', ...config });
  expect(result.error?.issues[0]?.message).toMatch(/^must be "(now|recorded)" with/);
});

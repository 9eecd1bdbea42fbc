import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '#platform/errors.ts';
import { createInfluxStore, type InfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import {
  FRONT_TOKEN,
  frontConfig,
  startInfluxFront,
  type FrontAnswer,
  type InfluxFront,
} from '../../support/influx-front.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { Delivering, countRows } from './delivering.ts';

const DATABASE = 'answers';

describeWith('influxd', 'the table of answers', (program) => {
  let influxd: Influxd;
  let front: InfluxFront;
  let store: InfluxStore;
  let delivering: Delivering;
  let nowMs = Date.now();

  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
  });
  afterAll(() => influxd.remove());

  beforeEach(async () => {
    vi.stubEnv('INFLUX_TOKEN', FRONT_TOKEN);
    await influxd.query(`DROP DATABASE ${DATABASE}; DROP DATABASE "${DATABASE}-ledger"`);
    front = await startInfluxFront(2, influxd.url);
    nowMs = Date.now();
    const clock = { now: () => nowMs, monotonic: () => performance.now() };
    store = createInfluxStore({
      config: { ...frontConfig(front), database: DATABASE, batchLines: 60 },
      clock,
    });
    await store.start();
    delivering = new Delivering();
    await delivering.prepare(store);
  });
  afterEach(async () => {
    front.onWrite = undefined;
    await store.stop();
    await front.close();
    vi.unstubAllEnvs();
  });

  /** Answers the next `times` writes of samples so. */
  const answerWith = (answer: FrontAnswer, times = Infinity): void => {
    let left = times;
    front.onWrite = (_, database) => (database === DATABASE && left-- > 0 ? answer : undefined);
  };

  async function isAllThere(records: number): Promise<void> {
    expect((await store.audit())[0]).toMatchObject({ stored: records * 100, rejected: 0 });
    expect(await countRows(influxd.query, DATABASE)).toBe(records * 100);
    expect(await store.deadLetters(5)).toEqual([]);
  }

  it.each([
    [429, '7', 7_000],
    [503, '3', 3_000],
    [503, 'date', 60_000],
    [429, undefined, 1_000],
  ])('%i with Retry-After %s: nothing more is sent before', async (status, after, waitMs) => {
    const text = after === 'date' ? new Date(nowMs + 60_999).toUTCString() : after;
    answerWith({ status, headers: text === undefined ? {} : { 'retry-after': text } });
    await expect(store.append([delivering.record(1)])).rejects.toThrow(StoreUnavailableError);
    const sent = front.writes;
    front.onWrite = undefined;
    nowMs += waitMs - 1_000;
    await expect(store.append([delivering.record(1)])).rejects.toThrow(/asks to wait/);
    expect(front.writes).toBe(sent);
    expect((await store.stats()).problem).toMatch(/asks to wait/);
    nowMs += 2_000;
    expect(await store.append([delivering.record(1)])).toMatchObject({ stored: 1, samples: 100 });
    await isAllThere(1);
    expect((await store.stats()).writable).toBe(true);
  });

  it.each([408, 500, 502, 504])('%i: tried again by who sends it', async (status) => {
    answerWith({ status }, 1);
    await expect(store.append([delivering.record(1)])).rejects.toThrow(StoreUnavailableError);
    await store.append([delivering.record(1), delivering.record(2)]);
    await isAllThere(2);
  });

  it('413: halved until it fits', async () => {
    front.onWrite = (lines, database) =>
      database === DATABASE && lines.length > 10 ? { status: 413 } : undefined;
    expect(await store.append([delivering.record(1)])).toMatchObject({ stored: 1, samples: 100 });
    await isAllThere(1);
    expect(store.counters?.bisections).toBeGreaterThan(0);
  });

  it.each([400, 201, 422])('%i for one line: that line alone is a dead letter', async (status) => {
    front.onWrite = (lines, database) =>
      database === DATABASE && lines.some((line) => line.includes('Signal\\ 3'))
        ? { status, body: 'partial write' }
        : undefined;
    expect(await store.append([delivering.record(1)])).toMatchObject({ stored: 1, samples: 90 });
    expect(await store.deadLetters(5)).toMatchObject([{ code: 'LINE_REFUSED', samples: 10 }]);
    expect((await store.audit())[0]).toMatchObject({ stored: 90, rejected: 10 });
    expect(await countRows(influxd.query, DATABASE)).toBe(90);
  });

  it('400 for everything, a good line too: nothing is believed, nothing thrown away', async () => {
    answerWith({ status: 400, body: '<html>a proxy that is out of order</html>' });
    await expect(store.append([delivering.record(1)])).rejects.toThrow(/refuses every line/);
    front.onWrite = undefined;
    await store.append([delivering.record(1)]);
    await isAllThere(1);
  });

  it.each([
    [401, /does not accept our token/],
    [403, /does not let us write/],
    [404, /has no answers/],
  ])('%i: the writer stops, says why, and looks again every 30 s', async (status, sentence) => {
    answerWith({ status });
    await expect(store.append([delivering.record(1)])).rejects.toThrow(sentence);
    const sent = front.writes;
    front.onWrite = undefined;
    nowMs += 29_000;
    await expect(store.append([delivering.record(1)])).rejects.toThrow(sentence);
    expect(front.writes).toBe(sent);
    expect(await store.stats()).toMatchObject({
      writable: false,
      problem: expect.stringMatching(sentence) as string,
    });
    nowMs += 1_001;
    await store.append([delivering.record(1)]);
    await isAllThere(1);
  });
});

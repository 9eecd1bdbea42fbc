/** What a store in InfluxDB counts and tells, on a real influxd: read-back, holes of other workers, metrics. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Registry } from '#platform/metrics.ts';
import {
  createInfluxStore,
  type InfluxStore,
  type InfluxStoreInput,
} from '../../../services/historian/influxdb/influx-store.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { Delivering, STREAM } from './delivering.ts';

const DAY_MS = 86_400_000;

describeWith('influxd', 'a store in InfluxDB', (program) => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
  });
  afterAll(() => influxd.remove());

  async function storeOn(
    database: string,
    more: Partial<InfluxStoreInput> & { retentionDays?: number } = {},
  ): Promise<InfluxStore> {
    const { retentionDays = 0, ...input } = more;
    const store = createInfluxStore({ ...input, config: { url: influxd.url, database, retentionDays } });
    await store.start();
    onTestFinished(() => store.stop());
    return store;
  }

  it('finds rows that are gone, and more than were acknowledged', async () => {
    const store = await storeOn('counted');
    const delivering = new Delivering();
    await delivering.prepare(store);
    await delivering.send(store, 1, 50);
    expect(await store.readBack()).toMatchObject([{ stored: 5_000, samples: 5_000, expired: 0 }]);
    await influxd.query('DELETE FROM "pump-loop" WHERE "signal" = \'Signal 3\'', 'counted');
    expect(await store.readBack()).toMatchObject([{ stored: 5_000, samples: 4_500, expired: 0 }]);
    const seq = (1n << 44n) | 7n;
    await fetch(`${influxd.url}/write?db=counted`, {
      method: 'POST',
      body: `pump-loop,machine=m-1,signal=Signal\\ 1,site=brest value=1,seq=${seq}i 7`,
    });
    expect(await store.readBack()).toMatchObject([{ samples: 4_501 }]);
  });

  it('tells what retention took from what was lost', async () => {
    let nowMs = Date.now();
    const clock = { now: () => nowMs, monotonic: () => performance.now() };
    const store = await storeOn('kept', { clock, retentionDays: 3 });
    const delivering = new Delivering(100, nowMs - 2 * DAY_MS);
    await delivering.prepare(store);
    await delivering.send(store, 1, 20);
    expect(await store.readBack()).toMatchObject([{ stored: 2_000, samples: 2_000, expired: 0 }]);
    nowMs += 5 * DAY_MS;
    await influxd.query('DELETE FROM "pump-loop"', 'kept');
    expect(await store.readBack()).toMatchObject([{ stored: 2_000, samples: 0, expired: 2_000 }]);
    const again = await storeOn('kept', { clock, retentionDays: 3 });
    expect(await again.readBack()).toMatchObject([{ stored: 2_000, samples: 0, expired: 2_000 }]);
  });

  it('goes on with a stream of more records than one answer of InfluxDB holds, which it calls cut short', async () => {
    const store = await storeOn('many');
    await store.openStream(STREAM);
    const tags = `agent=${STREAM.agent},epoch=${STREAM.epoch}`;
    const lines = Array.from({ length: 10_001 }, (_, i) => `record,${tags} stored=0i ${i + 1}`);
    await fetch(`${influxd.url}/write?db=many-ledger`, { method: 'POST', body: lines.join('\n') });
    const again = await storeOn('many');
    expect(await again.openStream(STREAM)).toMatchObject({ received: [[1, 10_001]] });
    const limited = await startInfluxd(program, { inMemory: true, sections: { http: 'max-row-limit = 50' } });
    onTestFinished(() => limited.remove());
    const small = createInfluxStore({ config: { url: limited.url } });
    await small.start();
    onTestFinished(() => small.stop());
    await small.openStream(STREAM);
    await fetch(`${limited.url}/write?db=brest-ledger`, { method: 'POST', body: lines.join('\n') });
    const other = createInfluxStore({ config: { url: limited.url } });
    await other.start();
    onTestFinished(() => other.stop());
    expect(await other.openStream(STREAM)).toMatchObject({ received: [[1, 10_001]] });
  });

  it('tells its pages of holes that another worker has stored', async () => {
    const [mine, others] = [await storeOn('shared'), await storeOn('shared')];
    await mine.openStream(STREAM);
    const heard: string[] = [];
    mine.onGap(({ cause }) => heard.push(cause));
    await others.append([
      { kind: 'gap', stream: STREAM, sequence: 1, checksum: 1, from: 1n, to: 2n, cause: 'server-restarted' },
    ]);
    await expect.poll(() => heard, { timeout: 8_000 }).toEqual(['server-restarted']);
  });

  it('counts for Prometheus what it sent, what was refused, and what was too old', async () => {
    const registry = new Registry();
    const store = await storeOn('measured', { registry, retentionDays: 2 });
    const delivering = new Delivering();
    await delivering.prepare(store);
    const record = delivering.record(1);
    for (let i = 0; i < 10; i += 1) record.batch.timeNs[i] = BigInt(Date.now() - 4 * DAY_MS) * 1_000_000n;
    await store.append([record]);
    const text = await registry.metrics();
    expect(text).toContain('historian_influxdb_expired_samples_total 10\n');
    expect(text).toMatch(/historian_influxdb_lines_total \d{2,}\n/);
    expect(text).toContain('historian_influxdb_refused_lines_total 0\n');
    expect(text).toContain('historian_influxdb_writable 1\n');
  });
});

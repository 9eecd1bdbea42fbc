import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SampleFlag } from '#domain/sample.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { Clock } from '#platform/clock.ts';
import { createInfluxStore, type InfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import { startInfluxd, type Influxd, type InfluxdOptions } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { Delivering, SIGNALS, SIGNAL_ID, STREAM, countRows } from './delivering.ts';

/** `INFLUX_KILLS=20 npm test -- influxdb/faults` for the long form. */
const KILLS = Number(process.env['INFLUX_KILLS'] ?? 2);
const ALL = { from: -(2n ** 63n), to: 2n ** 63n };

describeWith('influxd', 'InfluxDB under faults', (program) => {
  async function influxdFor(options: InfluxdOptions = {}): Promise<Influxd> {
    const influxd = await startInfluxd(program, options);
    onTestFinished(() => influxd.remove());
    return influxd;
  }

  async function storeOn(influxd: Influxd, more: object = {}, clock?: Clock): Promise<InfluxStore> {
    const store = createInfluxStore({
      ...(clock && { clock }),
      config: { url: influxd.url, database: 'plant', timeoutMs: 2_000, ...more },
    });
    await store.start();
    onTestFinished(() => store.stop());
    return store;
  }

  /** Nothing lost, nothing doubled: by the ledger, and counted by InfluxDB. */
  async function holdsAll(
    store: InfluxStore,
    influxd: Influxd,
    records: number,
    perRecord: number,
  ): Promise<void> {
    const samples = records * perRecord;
    const [books] = await store.audit();
    expect(books).toMatchObject({ stored: samples, rejected: 0, expired: 0, received: [[1, records]] });
    expect(await countRows(influxd.query, 'plant')).toBe(samples);
    expect(await store.countSamples(SIGNAL_ID, ALL, 1e9)).toBe(samples / SIGNALS);
  }

  it(`loses and doubles nothing while influxd is killed ${KILLS} times under load`, async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd);
    const delivering = new Delivering();
    await delivering.prepare(store);
    let done = 0;
    let refusals = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const sending = delivering.send(store, done + 1, done + 400);
      await pause(60 + kill * 20);
      await influxd.kill();
      await pause(50);
      await influxd.restart();
      refusals += await sending;
      done += 400;
    }
    expect(refusals).toBeGreaterThan(0);
    await holdsAll(store, influxd, done, delivering.samplesPerRecord);
    // A worker that died in between sends it all again: identical points are one.
    const other = await storeOn(influxd);
    await delivering.send(other, 1, 100);
    await holdsAll(other, influxd, done, delivering.samplesPerRecord);
  });

  it('waits while influxd hangs, and goes on where it was', async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd, { timeoutMs: 300 });
    const delivering = new Delivering();
    await delivering.prepare(store);
    await delivering.send(store, 1, 50);
    influxd.pause();
    const sending = delivering.send(store, 51, 200);
    await expect.poll(async () => (await store.stats()).writable).toBe(false);
    influxd.resume();
    expect(await sending).toBeGreaterThan(0);
    await holdsAll(store, influxd, 200, delivering.samplesPerRecord);
  });

  it('acknowledges nothing while the disk of influxd is full', async (context) => {
    const directory = smallDisk(context, 24);
    const influxd = await startInfluxd(program, { directory: `${directory}/influxd` });
    onTestFinished(() => influxd.kill());
    const store = await storeOn(influxd);
    const delivering = new Delivering(1_000);
    await delivering.prepare(store);
    await delivering.send(store, 1, 20);
    execFileSync('bash', ['-c', `head -c 100M /dev/zero > ${directory}/ballast || true`], {
      stdio: 'ignore',
    });
    const sending = delivering.send(store, 21, 60, 5, 2);
    await expect
      .poll(async () => (await store.stats()).problem, { timeout: 10_000 })
      .toMatch(/write with 500|no space/);
    rmSync(`${directory}/ballast`);
    // influxd 1.6.7 goes on by itself, or after a restart where its log file was torn.
    await Promise.race([
      sending,
      pause(1_500)
        .then(() => influxd.kill())
        .then(() => influxd.restart()),
    ]);
    expect(await sending).toBeGreaterThan(0);
    await holdsAll(store, influxd, 60, 1_000);
  });

  it('finds the poisoned lines, keeps exactly them as dead letters, and stores the rest', async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd);
    const delivering = new Delivering();
    await delivering.prepare(store);
    // Somebody else has written field "text" as a number: ours, a string, is refused.
    await fetch(`${influxd.url}/write?db=plant`, { method: 'POST', body: 'pump-loop,machine=other text=1' });
    const record = delivering.record(1);
    setValue(record.batch, 17, 'poison');
    setValue(record.batch, 63, 'poison too');
    expect(await store.append([record, delivering.record(2), delivering.record(3)])).toMatchObject({
      stored: 3,
      samples: 298,
    });
    const letters = await store.deadLetters(10);
    expect(letters).toMatchObject([{ code: 'LINE_REFUSED', sequence: 1, samples: 2, stream: STREAM }]);
    const lines = Buffer.from(letters[0]?.payload ?? [])
      .toString()
      .split('\n');
    expect(lines.map((line) => /text="([^"]*)"/.exec(line)?.[1])).toEqual(['poison', 'poison too']);
    expect((await store.audit())[0]).toMatchObject({ stored: 298, rejected: 2 });
    expect(await countRows(influxd.query, 'plant')).toBe(298);
  });

  it('counts what is older than the retention as expired, neither stored nor lost', async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd, { retentionDays: 2 });
    const delivering = new Delivering();
    await delivering.prepare(store);
    const record = delivering.record(1);
    const now = BigInt(Date.now()) * 1_000_000n;
    // Wholly too old: not sent. At the edge: sent, refused by influxd, and understood.
    for (let i = 0; i < 10; i += 1) record.batch.timeNs[i] = now - 400_000_000_000_000n - BigInt(i);
    for (let i = 10; i < 13; i += 1) record.batch.timeNs[i] = now - 172_805_000_000_000n - BigInt(i);
    expect(await store.append([record])).toMatchObject({ stored: 1, samples: 87 });
    expect((await store.audit())[0]).toMatchObject({ stored: 87, rejected: 0, expired: 13 });
    expect(await store.deadLetters(5)).toEqual([]);
    expect(await countRows(influxd.query, 'plant')).toBe(87);
  });

  it('sees that somebody has changed the retention, before it gives up what would be kept', async () => {
    const influxd = await influxdFor();
    let monotonicMs = 0;
    const clock = { now: () => Date.now(), monotonic: () => monotonicMs };
    const store = await storeOn(influxd, { retentionDays: 2 }, clock);
    const delivering = new Delivering(100, Date.now() - 5 * 86_400_000);
    await delivering.prepare(store);
    await influxd.query('ALTER RETENTION POLICY "autogen" ON "plant" DURATION 10d');
    monotonicMs += 61_000;
    expect(await store.append([delivering.record(1)])).toMatchObject({ samples: 100 });
    // Shorter than we know: refused by influxd, and understood.
    await influxd.query('ALTER RETENTION POLICY "autogen" ON "plant" DURATION 3d');
    monotonicMs += 61_000;
    expect(await store.append([delivering.record(2)])).toMatchObject({ samples: 0 });
    expect((await store.audit())[0]).toMatchObject({ stored: 100, rejected: 0, expired: 100 });
    expect(await store.deadLetters(5)).toEqual([]);
    expect((await store.stats()).retentionDays).toBe(3);
  });

  it('keeps every sample of equal times: repeats, a clock at 1970 twice, a looped replay, two workers', async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd, { retentionDays: 0 });
    const delivering = new Delivering(100, 1_000);
    await delivering.prepare(store);
    const looped = (sequence: number, of: number): ReturnType<Delivering['record']> => ({
      ...delivering.record(of),
      sequence,
      checksum: sequence,
    });
    for (let pass = 0; pass < 3; pass += 1)
      await store.append([1, 2, 3].map((of) => looped(pass * 3 + of, of)));
    const second = await storeOn(influxd, { retentionDays: 0 });
    // A worker that has not heard of it gets a record again, and by now it is flagged as late.
    await second.openStream(STREAM);
    await store.append([delivering.record(12)]);
    const late = delivering.record(12);
    late.batch.flags.fill(SampleFlag.historical);
    expect(await second.append([late])).toMatchObject({ stored: 1, samples: 100 });
    await second.append([looped(10, 2), looped(3, 3)]);
    const stamped = { ...delivering.record(11), batch: createSampleBatch(100) };
    for (let i = 0; i < 100; i += 1) {
      stamped.batch.signal[i] = second.signalNo(SIGNAL_ID) ?? 0;
      stamped.batch.timeNs[i] = 50_000_000_000n + BigInt(Math.floor(i / 10)) * 1_000_000_000n;
      setValue(stamped.batch, i, i);
    }
    stamped.batch.count = 100;
    await second.append([stamped]);
    expect(await countRows(influxd.query, 'plant')).toBe(1_200);
    const read = await second.samples(SIGNAL_ID, { from: 50_000_000_000n, to: 60_000_000_000n }, 999);
    expect(read.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await second.countSamples(SIGNAL_ID, { from: 0n, to: 50_000_000_000n }, 999)).toBe(110);
  });

  it('refuses signals beyond its budget and goes on with the others', async () => {
    const influxd = await influxdFor();
    const store = await storeOn(influxd, { maxSignals: 8 });
    const delivering = new Delivering();
    await delivering.prepare(store);
    expect(await store.append([delivering.record(1)])).toMatchObject({ stored: 1, samples: 80 });
    expect(await store.deadLetters(5)).toMatchObject([{ code: 'LINE_REFUSED', samples: 20 }]);
    expect((await store.audit())[0]).toMatchObject({ stored: 80, rejected: 20 });
  });

  describe('says in one sentence what is wrong', () => {
    const sentence = async (config: object): Promise<string> => {
      const store = createInfluxStore({
        config: { url: 'http://127.0.0.1:1', database: 'plant', timeoutMs: 2_000, ...config },
      });
      const outcome = await store.start().then(
        () => 'started',
        (error: unknown) => (error as Error).message,
      );
      await store.stop();
      return outcome;
    };

    it('at start: address, user, what is no InfluxDB', async () => {
      const influxd = await influxdFor({ auth: true });
      await influxd.query(`CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
      expect(await sentence({})).toBe(
        'InfluxDB at http://127.0.0.1:1 does not answer (ECONNREFUSED); check that it runs and that the address is right',
      );
      const { url } = influxd;
      expect(await sentence({ url })).toBe(`InfluxDB at ${url} wants a token or a user, and none is given`);
      expect(await sentence({ url, username: 'root' })).toBe(
        `InfluxDB at ${url} does not accept our token or password`,
      );
      expect(await sentence({ url: url.replace('http:', 'https:') })).toMatch(/speaks https$/);
      const statusOf = { bad: 502, page: 200, new: 204 };
      const other = createServer((request, response) => {
        const [, name = ''] = /^\/(\w+)/.exec(request.url ?? '') ?? [];
        const status = statusOf[name as keyof typeof statusOf];
        response.writeHead(status, name === 'new' ? { 'x-influxdb-version': 'v4.0.0' } : {}).end();
      });
      await once(other.listen(0, '127.0.0.1'), 'listening');
      onTestFinished(() => void other.close());
      const web = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await sentence({ url: `${web}/page` })).toBe(`what answers at ${web} is no InfluxDB`);
      expect(await sentence({ url: `${web}/bad` })).toMatch(/says 502; check that InfluxDB runs/);
      expect(await sentence({ url: `${web}/new` })).toMatch(/4.0.0 .* is of no generation known here/);
    });

    it('at start: a user who may not make the database, until it is made and given', async () => {
      const influxd = await influxdFor({ auth: true });
      await influxd.query(`CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
      const root = (q: string): Promise<unknown> =>
        fetch(`${influxd.url}/query?u=root&p=secret`, { method: 'POST', body: new URLSearchParams({ q }) });
      await root(`CREATE USER centre WITH PASSWORD ''`);
      const config = { url: influxd.url, username: 'centre' };
      expect(await sentence(config)).toBe(
        `InfluxDB at ${influxd.url} has no plant that our token or user may use, and does not let it make one`,
      );
      for (const name of ['plant', 'plant-ledger'])
        await root(`CREATE DATABASE "${name}"; GRANT ALL ON "${name}" TO centre`);
      const store = await storeOn(influxd, config);
      const delivering = new Delivering();
      await delivering.prepare(store);
      await delivering.send(store, 1, 5);
      expect((await store.audit())[0]).toMatchObject({ stored: 500, rejected: 0 });
      // Counted by InfluxDB, which tells the bytes on its disk to administrators alone.
      const again = await storeOn(influxd, config);
      expect(await again.stats()).toMatchObject({ samples: 500, writable: true });
    });

    it('later: a database that is gone stops the writer until it is back', async () => {
      const influxd = await influxdFor();
      const store = await storeOn(influxd);
      const delivering = new Delivering();
      await delivering.prepare(store);
      await influxd.query('DROP DATABASE plant');
      await expect(store.append([delivering.record(1)])).rejects.toThrow(
        `InfluxDB at ${influxd.url} has no plant; check the name, or make it again`,
      );
      expect(await store.stats()).toMatchObject({
        writable: false,
        problem: expect.stringContaining('has no plant') as string,
      });
    });
  });
});

/** The historian's `copy` between the embedded store and a real influxd, there and back. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { Sample, SampleValue } from '#domain/sample.ts';
import type { DeliveredRecord, SampleStore, StreamKey, TimeRange } from '#domain/sample-store.ts';
import {
  createEmbeddedStore,
  type EmbeddedStore,
} from '../../../services/historian/embedded/embedded-store.ts';
import { createInfluxStore, type InfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import { openEmbeddedSource } from '../../../services/historian/embedded/embedded-copy-source.ts';
import { openEmbeddedTarget } from '../../../services/historian/embedded/embedded-copy-target.ts';
import { openInfluxSource } from '../../../services/historian/influxdb/influx-copy-source.ts';
import { openInfluxTarget } from '../../../services/historian/influxdb/influx-copy-target.ts';
import { runCopy } from '../../../services/historian/transfer/copy-command.ts';
import type { CopyFigures } from '../../../services/historian/transfer/copy-store.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';
import { makeTemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { catalogueOf, samplesRecord, signalOf, type Row } from '../../contract/sample-store/records.ts';
import { countRows } from './delivering.ts';

const CLI = path.join(REPOSITORY_ROOT, 'services/historian/cli.ts');
const ALL = { from: -(2n ** 63n), to: 2n ** 63n };
const S = 1_000_000_000n;
const DAY = 86_400n * S;
const NOW = BigInt(Date.now()) * 1_000_000n;
const FIRST: StreamKey = { agent: 'brest/edge-1', epoch: '00000000000000a1' };
const SECOND: StreamKey = { agent: 'brest/edge-1', epoch: '00000000000000a2' };
const OTHER: StreamKey = { agent: 'brest/edge-2', epoch: '00000000000000b1' };
const PATHS = ['Flow', 'Mixed, nasty \\ =path', 'Clock', 'Silent'];
const MACHINES = ['brest/m-1', 'brest/m-2'] as const;

const VALUES: SampleValue[] = [
  1.5,
  -0,
  0,
  NaN,
  Infinity,
  -Infinity,
  1 / 3,
  5e-324,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  true,
  false,
  'Ёлка 🏭\n"\\',
  '',
  'x'.repeat(40_000),
  new Uint8Array([0, 255, 1]),
  { json: '{"a":[1,null]}' },
  null,
];

const head = (
  stream: StreamKey,
  sequence: number,
): { stream: StreamKey; sequence: number; checksum: number } => ({
  stream,
  sequence,
  checksum: sequence * 7 + 1,
});

/** Sample records of two machines, with every kind of value, ties, holes, late ones and times at the ends of what can be said. */
async function fill(store: EmbeddedStore): Promise<void> {
  for (const key of [FIRST, OTHER, SECOND]) await store.openStream(key);
  const numbers = new Map<string, readonly number[]>();
  for (const machine of MACHINES) numbers.set(machine, await store.putCatalogue(catalogueOf(PATHS, machine)));
  const rows = (machine: string, make: (signals: readonly number[]) => Row[]): Row[] =>
    make(numbers.get(machine) ?? []);
  const steady = (sequence: number, machine: (typeof MACHINES)[number], stream: StreamKey): DeliveredRecord =>
    samplesRecord(
      sequence,
      rows(machine, ([flow = 0]) =>
        Array.from({ length: 60 }, (_, i) => ({
          signal: flow,
          time: NOW - 3n * DAY + BigInt(sequence * 60 + i) * 30n * S + BigInt(i),
          value: Math.sin(sequence * 60 + i),
          status: i % 17 === 0 ? 0x40900000 : 0,
          flags: i % 19 === 0 ? 1 : 0,
        })),
      ),
      { stream, machine },
    );
  for (let sequence = 1; sequence <= 100; sequence += 1)
    await store.append([steady(sequence, 'brest/m-1', FIRST), steady(sequence, 'brest/m-2', OTHER)]);
  await store.maintain(Date.now());
  const mixed = rows('brest/m-1', ([, signal = 0, clock = 0]) => [
    ...VALUES.map((value, i) => ({
      signal,
      time: NOW - DAY + BigInt(i),
      value,
      status: value === null ? 0x80310000 : 0,
      flags: i % 8,
    })),
    ...[1, 2, 3, 2].map((value) => ({ signal: clock, time: 50n * S, value })),
    ...[-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n].map((time, i) => ({ signal: clock, time, value: i })),
  ]);
  await store.append([
    samplesRecord(101, mixed, { stream: FIRST }),
    { ...head(FIRST, 102), kind: 'checkpoint', produced: 7_000, journaled: 6_999, discarded: 1 },
    {
      ...head(FIRST, 103),
      kind: 'gap',
      machine: 'brest/m-1',
      from: NOW - DAY,
      to: NOW - DAY + S,
      cause: 'queue-overflow',
    },
    { ...head(FIRST, 104), kind: 'gap', from: NOW - 2n * DAY, to: NOW, cause: 'connection-lost' },
    { ...head(FIRST, 105), kind: 'event', machine: 'brest/m-1', time: NOW, body: '{"type":"tool-change"}' },
    { ...head(FIRST, 107), kind: 'drop', samples: 30, sequences: [108, 110], cause: 'disk' },
    samplesRecord(
      112,
      rows('brest/m-1', ([, , clock = 0]) => [{ signal: clock, time: 50n * S, value: 9 }]),
      { stream: FIRST },
    ),
  ]);
  await store.putDeadLetter({
    receivedAt: NOW,
    topic: 't',
    code: 'X',
    reason: 'broken',
    stream: FIRST,
    sequence: 113,
    samples: 4,
    payload: new Uint8Array([1, 2]),
  });
  await store.closeStream(FIRST, { head: 113, produced: 7_100, discarded: 1, carried: 0 });
  await store.append([steady(1, 'brest/m-1', SECOND)].map((record) => ({ ...record, sequence: 1 })));
}

interface Outcome {
  readonly status: number | null;
  readonly said: string;
}

function historian(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

/** What a user of a store can see of it. */
async function everything(store: SampleStore): Promise<object> {
  const samples: Record<string, readonly Sample[]> = {};
  for (const machine of MACHINES)
    for (const one of PATHS)
      samples[`${machine} ${one}`] = await store.samples(signalOf(one, machine), ALL, 1e6);
  const letters = await store.deadLetters(99);
  const audit = (await store.audit()).map(({ expired: _expired, expiredAtCut: _atCut, ...rest }) => rest);
  const byName = (a: { stream: StreamKey }, b: { stream: StreamKey }): number =>
    `${a.stream.agent}${a.stream.epoch}` < `${b.stream.agent}${b.stream.epoch}` ? -1 : 1;
  return {
    samples,
    machines: store.machines().toSorted((a, b) => (a.machine.id < b.machine.id ? -1 : 1)),
    latest: [...store.latest()].sort((a, b) => (a.signal < b.signal ? -1 : 1)),
    gaps: [...(await store.gaps(ALL))].sort((a, b) => (a.cause < b.cause ? -1 : 1)),
    audit: audit.sort(byName),
    letters: letters.map(({ id: _id, payload, ...rest }) => ({ ...rest, payload: [...payload] })),
  };
}

describeWith('influxd', 'copying between the stores', (program) => {
  const folder = (): string => temporaryFolder('copy');
  let influxd: Influxd;
  let origin: string;
  let expected: object;

  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
    origin = makeTemporaryFolder('copy');
    const store = createEmbeddedStore({ dir: origin });
    await store.start();
    await fill(store);
    expected = await everything(store);
    await store.stop();
  });
  afterAll(async () => {
    await influxd.remove();
    rmSync(origin, { recursive: true, force: true });
  });

  const opened = async <Store extends EmbeddedStore | InfluxStore>(store: Store): Promise<Store> => {
    await store.start();
    onTestFinished(() => store.stop());
    return store;
  };

  it('brings everything into an InfluxDB and back, equal to the last bit', async () => {
    const to = [`influxdb:${influxd.url}`, '--database', 'there', '--retention-days', '0'];
    const copied = historian('copy', '--from', `embedded:${origin}`, '--to', ...to);
    expect(copied.said).toMatch(/complete: 12,088 samples of 4 signals .* the same by count and checksum/);
    expect(copied.status).toBe(0);
    const there = createInfluxStore({ config: { url: influxd.url, database: 'there' } });
    await there.start();
    expect(await everything(there)).toEqual(expected);
    // An agent whose acknowledgement was lost sends again what the copy holds.
    await there.putCatalogue(catalogueOf(PATHS, 'brest/m-1'));
    const again = samplesRecord(
      112,
      [{ signal: there.signalNo(signalOf('Clock')) ?? 0, time: 50n * S, value: 9 }],
      { stream: FIRST },
    );
    expect(await there.append([again])).toMatchObject({ stored: 0, duplicates: 1, forks: [] });
    await there.stop();
    const dir = folder();
    const back = historian('copy', '--from', ...to, '--to', `embedded:${dir}`);
    expect(back.said).toMatch(/complete: 12,088 samples/);
    const home = await opened(createEmbeddedStore({ dir }));
    expect(await everything(home)).toEqual(expected);
    expect(
      (await home.readBack()).every(({ stored, expired, samples }) => stored - expired === samples),
    ).toBe(true);
  });

  it.each(['there', 'back'])('goes on after kill -9, nothing doubled and nothing missed: %s', async (way) => {
    const influx = [`influxdb:${influxd.url}`, '--database', 'killed', '--retention-days', '0'];
    const dir = folder();
    const args =
      way === 'there'
        ? ['copy', '--from', `embedded:${origin}`, '--to', ...influx]
        : ['copy', '--from', ...influx, '--to', `embedded:${dir}`];
    let kills = 0;
    for (let delay = 30; kills < 2; delay += 100) {
      const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
      const gone = once(child, 'exit');
      await once(child.stdout, 'data');
      await pause(delay);
      child.kill('SIGKILL');
      await gone;
      kills += 1;
    }
    if (way === 'back') {
      const half = createEmbeddedStore({ dir });
      const outcome = await half.start().then(
        () => 'started',
        (error: unknown) => (error as Error).message,
      );
      await half.stop();
      expect(outcome).toMatch(/has not come to its end|started/);
    }
    expect(historian(...args).said).toMatch(/complete: 12,088 samples/);
    if (way === 'there')
      expect(historian(...args).said).toMatch(/complete: 12,088 samples .* \(0 written by this run\)/);
    const store = await opened(
      way === 'there'
        ? createInfluxStore({ config: { url: influxd.url, database: 'killed' } })
        : createEmbeddedStore({ dir }),
    );
    expect(await everything(store)).toEqual(expected);
    if (way === 'there') expect(await countRows(influxd.query, 'killed')).toBe(12_088);
    else expect((await store.stats()).samples).toBe(12_088);
  });

  it('copies a range of time, and leaves in the source what is older than the target keeps', async () => {
    const figures = await copyInto('range', { range: { from: NOW - 2n * DAY, to: NOW } });
    expect(figures.samples).toBeGreaterThan(19);
    const part = await opened(createInfluxStore({ config: { url: influxd.url, database: 'range' } }));
    for (const one of PATHS) {
      const id = signalOf(one, MACHINES[0]);
      const range = { from: NOW - 2n * DAY, to: NOW };
      const { samples } = expected as { samples: Record<string, readonly Sample[]> };
      const within = (samples[`${MACHINES[0]} ${one}`] ?? []).filter(
        ({ sourceTimestamp: at }) => at >= range.from && at < range.to,
      );
      expect(await part.samples(id, ALL, 1e6)).toEqual(within);
    }
    // In use meanwhile; what the copy of the rest brings into hours that were rolled up is seen.
    await part.rollUp(Date.now());
    await part.stop();
    await copyInto('range');
    const whole = await opened(createInfluxStore({ config: { url: influxd.url, database: 'range' } }));
    const { from, to } = { from: NOW - 4n * DAY, to: NOW };
    const [buckets = []] = await whole.buckets([signalOf('Flow')], { from, to }, 30);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(
      await whole.countSamples(signalOf('Flow'), { from: from - DAY, to: to + DAY }, 1e6),
    );
    const few = await copyInto('few', { retentionDays: 2 });
    expect(few).toMatchObject({ samples: expect.any(Number) as number });
    expect(few.samples + few.tooOld).toBe(12_088);
    expect(few.tooOld).toBeGreaterThan(1_000);
  });

  interface Wish {
    readonly range?: TimeRange;
    readonly retentionDays?: number;
    readonly url?: string;
    readonly from?: string;
  }

  const copyInto = (database: string, wish: Wish = {}): Promise<CopyFigures> =>
    runCopy({
      openSource: () => openEmbeddedSource(wish.from ?? origin),
      openTarget: () =>
        openInfluxTarget({ url: wish.url ?? influxd.url, database, retentionDays: wish.retentionDays ?? 0 }),
      range: wish.range ?? ALL,
      print: () => undefined,
    });

  it('says in one sentence what is wrong', async () => {
    const sentence = (copying: Promise<unknown>): Promise<string> =>
      copying.then(
        () => 'copied',
        (error: unknown) => (error as Error).message,
      );
    expect(historian('copy', '--from', 'sqlite:x', '--to', 'embedded')).toMatchObject({
      status: 2,
      said: expect.stringMatching(/^there is no store "sqlite:x"\./) as string,
    });
    expect(await sentence(copyInto('x', { from: '/nowhere' }))).toBe('there is no historian in /nowhere');
    expect(await sentence(copyInto('x', { url: 'http://127.0.0.1:1' }))).toMatch(
      /does not answer \(ECONNREFUSED\)/,
    );
    const strict = await answering(401, {});
    expect(await sentence(copyInto('x', { url: strict }))).toMatch(/wants a token or a user/);
    vi.stubEnv('INFLUX_TOKEN', 'of another');
    expect(await sentence(copyInto('x', { url: strict }))).toMatch(/does not accept our token/);
    vi.unstubAllEnvs();
    const old = { 'x-influxdb-version': 'v0.8.8' };
    expect(await sentence(copyInto('x', { url: await answering(204, old) }))).toMatch(
      /0\.8\.8 .* no generation known here/,
    );
    const open = await opened(createEmbeddedStore({ dir: folder() }));
    await open.openStream({ agent: 'brest/stranger', epoch: '00000000000000c1' });
    await open.stop();
    const used = createInfluxStore({ config: { url: influxd.url, database: 'used' } });
    await used.start();
    await used.openStream({ agent: 'brest/stranger', epoch: '00000000000000c1' });
    await used.stop();
    expect(await sentence(copyInto('used'))).toMatch(/has received samples of its own, from brest\/stranger/);
    const source = await opened(createEmbeddedStore({ dir: origin }));
    expect(await sentence(copyInto('x'))).toMatch(/is in use by another process/);
    await source.stop();
  });

  it('says that the disk of the target is full, and goes on when there is room', async (context) => {
    const disk = smallDisk(context, 3);
    const dir = path.join(disk, 'store');
    const copyHome = (): Promise<CopyFigures> =>
      runCopy({
        openSource: () => openInfluxSource({ url: influxd.url, database: 'killed' }),
        openTarget: () => openEmbeddedTarget(dir),
        range: ALL,
        print: () => undefined,
      });
    await (await openEmbeddedTarget(dir)).close();
    writeFileSync(path.join(disk, 'ballast'), '');
    spawnSync('sh', ['-c', `head -c 100M /dev/zero > ${disk}/ballast`]);
    truncateSync(path.join(disk, 'ballast'), statSync(path.join(disk, 'ballast')).size - 150_000);
    await expect(copyHome()).rejects.toThrow(`the disk of the embedded historian in ${dir} is full`);
    rmSync(path.join(disk, 'ballast'));
    expect(await copyHome()).toMatchObject({ samples: 12_088 });
  });
});

/** A server that gives one answer to everything. */
async function answering(status: number, headers: Record<string, string>): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status, headers).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

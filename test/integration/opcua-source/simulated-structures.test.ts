/** Structures, names and faults of the simulated machines: what the agent makes of them is what the ledger says was produced. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EndpointsFile } from '#contracts/config/simulators.ts';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { CNC_SIGNALS } from '../../../simulators/machines/cnc/signals.ts';
import { parsePlant } from '../../../simulators/plants/load-plant.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { readLedger } from '../simulators/ledger.ts';
import { Harness } from './harness.ts';
import type { Row } from './memory-sink.ts';
import { MemorySink } from './memory-sink.ts';

const PLANT = `
site: brest
enterprise: Technopark
name: { en: Structures }
warmUpMinutes: 8
machines:
  - { id: cnc-01, kind: cnc, name: { en: Mill } }
  - { id: vision-01, kind: vision, name: { en: Camera } }
`;
const JOBS = 'MachineryBuildingBlocks/JobManagement/JobOrderControl/JobOrderList';
const STRUCTURES = {
  'cnc-01': [JOBS, 'Equipment/Magazine/Tools'],
  'vision-01': ['ResultManagement/LastInspection'],
};

const SERVED = new Set(Object.values(CNC_SIGNALS).map(({ path }) => path));

let harness: Harness;
let factory: Factory;
let file: EndpointsFile;
let ledger: string;

beforeAll(async () => {
  harness = await Harness.make();
  ledger = join(harness.folder, 'ledger.jsonl');
  const config = simulatorsConfigSchema.parse({
    dataDir: harness.folder,
    basePort: 0,
    seed: 7,
    speed: 5,
    ledger,
  });
  factory = new Factory(config, parsePlant(PLANT, 'test'), createLogger('test', 'silent'));
  file = await factory.start(new AbortController().signal);
}, 60_000);

afterAll(async () => {
  await harness.close();
  await factory.stop();
});

const isServed = (path: string): boolean => SERVED.has(path);

async function readByAgent(id: string, sink = new MemorySink()) {
  const { endpointUrl, certificateSha256, rootNodeId } = file.endpoints.find((each) => each.id === id)!;
  const monitoring = { publishingIntervalMs: 200 };
  const machine = { id, kind: 'generic', browse: { root: rootNodeId }, monitoring };
  const server = { endpoint: endpointUrl, sha256: certificateSha256 };
  return { sink, source: await harness.source(server, sink, { machine }) };
}

test('job list, tool table and inspection results come as they were produced', async () => {
  for (const [id, paths] of Object.entries(STRUCTURES)) {
    const { sink } = await readByAgent(id);
    await sink.until(
      () => paths.every((path) => sink.values(path).some((value) => value !== null)),
      `structures of ${id}`,
    );
    // One that is made while the agent looks on, too.
    if (id === 'vision-01') await sink.until(() => sink.of(paths[0]!).length > 1, 'another inspection');
    factory.flushLedger();
    const produced = await readLedger(ledger, id);
    for (const path of paths) {
      const texts = produced.filter((each) => each.path === path).map(({ value }) => JSON.stringify(value));
      for (const value of sink.values(path))
        expect(texts, path).toContain((value as unknown as { readonly json: string }).json);
    }
    const types = new Map(
      sink.catalogues[0]?.map(({ path, dataType, isArray }) => [path, [dataType, isArray]]),
    );
    for (const path of paths) expect(types.get(path), path).toEqual(['Structure', id === 'cnc-01']);
  }
}, 60_000);

test('names come in every language that the server has, and are not asked for again', async () => {
  const { sink, source } = await readByAgent('cnc-01');
  await sink.until(() => sink.rows.length > 0, 'values');
  const [first = []] = sink.catalogues;
  const of = (path: string) => first.find((signal) => signal.path === path);
  expect(of('Monitoring/Spindle1/Temperature')?.name).toEqual({
    en: 'Temperature',
    ru: 'Температура',
    be: 'Тэмпература',
    zh: '温度',
  });
  const nameless = first.filter(({ path, name }) => isServed(path) && !(name.ru && name.be && name.zh));
  expect(nameless.map(({ path }) => path)).toEqual([]);
  const states = of('Monitoring/Channel1/ChannelState')?.enumNames ?? {};
  expect(Object.values(states).map(({ en }) => en)).toEqual(['Active', 'Interrupted', 'Reset']);
  for (const { ru, be, zh } of Object.values(states)) expect([ru, be, zh]).not.toContain(undefined);
  // The machine's texts come in English again, and the session goes on after a new connection with the names it knew.
  expect(JSON.stringify(sink.values('Production/ActiveProgram/State/CurrentState'))).toMatch(
    /^[\x20-\x7e]*$/,
  );
  await source.stop('keep');
  await readByAgent('cnc-01', sink);
  await sink.until(() => sink.catalogues.length > 1, 'the second catalogue');
  expect(sink.catalogues[1]).toEqual(first);
});

test('a controller whose clock is wrong or begins at 1970, and queues that overflow: times as they came, the loss declared', async () => {
  const { sink } = await readByAgent('cnc-01');
  const yearOf = ({ timeNs }: Row): number => new Date(Number(timeNs / 1_000_000n)).getUTCFullYear();
  const isAhead = ({ timeNs }: Row): boolean => Number(timeNs / 1_000_000n) > Date.now() + 2_400_000;
  const control = factory.control!;
  const suffer = async (fault: string, isSeen: () => boolean): Promise<void> => {
    expect(control.inject({ machine: 'cnc-01', fault, severity: 1, rampS: 0 })).toBe('');
    await sink.until(isSeen, fault);
    control.clear('cnc-01', fault);
  };
  await sink.until(() => sink.rows.length > 0, 'values');
  await suffer('clock-offset', () => sink.rows.some(isAhead));
  await suffer('clock-1970', () => sink.rows.some((row) => yearOf(row) === 1970));
  await suffer('overflow-queues', () => sink.gaps.some(({ cause }) => cause === 'queue-overflow'));
  const ofSignals = sink.rows.filter(({ path }) => SERVED.has(path));
  factory.flushLedger();
  const made = new Set(
    (await readLedger(ledger, 'cnc-01')).map(({ path, timeNs }) => `${path} ${String(timeNs)}`),
  );
  expect(ofSignals.length).toBeGreaterThan(100);
  expect(ofSignals.filter(({ path, timeNs }) => !made.has(`${path} ${String(timeNs)}`))).toEqual([]);
});

test('the job list tells the order in work, by OPC 40001-3', async () => {
  const produced = await readLedger(ledger, 'cnc-01');
  const list = produced.findLast(({ path }) => path === JOBS)?.value as readonly {
    readonly JobOrder: Readonly<Record<string, unknown>>;
    readonly State: readonly { readonly StateNumber: number }[];
  }[];
  const last = list.at(-1);
  expect(last?.JobOrder).toMatchObject({ JobOrderID: expect.stringMatching(/^WO-/) as unknown });
  expect([3, 4]).toContain(last?.State[0]?.StateNumber);
});

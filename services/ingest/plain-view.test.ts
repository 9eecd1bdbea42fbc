import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { Machine } from '#domain/machine.ts';
import type { LatestSample, MachineCatalogue } from '#domain/sample-store.ts';
import { plainViewConfigSchema } from '#contracts/config/services.ts';
import type { MachinePresence } from '#contracts/presence.ts';
import { PlainView, machineTopic } from './plain-view.ts';

const MILL: Machine = {
  id: 'brest/cnc-01',
  kind: 'cnc',
  name: { en: 'Mill' },
  provenance: 'simulated',
  assetPath: { enterprise: 'Brest Technopark', site: 'brest', area: 'Hall 1', line: 'Machining' },
};
const TOPIC = 'uns/Brest-Technopark/brest/Hall-1/Machining/cnc-01';

let catalogue: MachineCatalogue;
let latest: LatestSample[];
let presence: Pick<MachinePresence, 'machine' | 'connected' | 'link'>[];
let isConnected: boolean;
let published: [topic: string, body: unknown][];

const signal = (path: string, unit?: string): MachineCatalogue['signals'][number] => ({
  id: `brest/cnc-01/${path}`,
  machine: 'brest/cnc-01',
  path,
  name: { en: path },
  dataType: 'Double',
  isArray: false,
  nodeId: `nsu=urn:test;s=${path}`,
  ...(unit !== undefined && { unit: { code: unit, symbol: unit } }),
});
const sample = (
  no: number,
  path: string,
  value: LatestSample['value'],
  time = 1_000_000_000n,
): LatestSample => ({
  signalNo: no,
  signal: `brest/cnc-01/${path}`,
  value,
  statusCode: 0,
  flags: 0,
  sourceTimestamp: time,
});
const createView = (config: Partial<{ messagesPerSecond: number; maxSignals: number }> = {}): PlainView =>
  new PlainView({
    config: plainViewConfigSchema.parse(config),
    store: { machines: () => [catalogue], latest: () => latest },
    presence: { machines: () => presence as MachinePresence[] },
    retain: (topic, text) => {
      if (isConnected) published.push([topic, text === '' ? undefined : JSON.parse(text)]);
      return isConnected;
    },
    log: pino({ level: 'silent' }),
  });

beforeEach(() => {
  catalogue = { machine: MILL, signals: [signal('Spindle/Speed', 'rpm'), signal('Program')] };
  latest = [sample(1, 'Spindle/Speed', 1200.5), sample(2, 'Program', 'O1')];
  presence = [{ machine: 'brest/cnc-01', connected: true, link: 'online' }];
  isConnected = true;
  published = [];
});

test('tells a machine and its values on ISA-95 topics, with unit, quality and the time of the machine', () => {
  createView().tell();
  expect(published).toEqual([
    [
      TOPIC,
      {
        machine: 'brest/cnc-01',
        kind: 'cnc',
        name: { en: 'Mill' },
        provenance: 'simulated',
        state: 'online',
      },
    ],
    [
      `${TOPIC}/Spindle/Speed`,
      {
        value: 1200.5,
        unit: 'rpm',
        quality: 'good',
        time: '1970-01-01T00:00:01.000Z',
        signal: 'brest/cnc-01/Spindle/Speed',
      },
    ],
    [
      `${TOPIC}/Program`,
      { value: 'O1', quality: 'good', time: '1970-01-01T00:00:01.000Z', signal: 'brest/cnc-01/Program' },
    ],
  ]);
});

test('tells what is new and nothing twice; a status as well as a value', () => {
  const view = createView();
  view.tell();
  published = [];
  view.tell();
  expect(published).toEqual([]);
  latest = [{ ...sample(1, 'Spindle/Speed', null), statusCode: 0x80310000 }, latest[1]!];
  presence = [{ machine: 'brest/cnc-01', connected: false, link: 'online' }];
  view.tell();
  expect(published).toMatchObject([
    [TOPIC, { state: 'offline' }],
    [`${TOPIC}/Spindle/Speed`, { value: null, quality: 'bad', status: '0x80310000' }],
  ]);
});

test('goes no faster than allowed, and comes to every signal in turn', () => {
  catalogue = { ...catalogue, signals: Array.from({ length: 10 }, (_, i) => signal(`S${i}`)) };
  const view = createView({ messagesPerSecond: 3 });
  const told = new Set<string>();
  for (let turn = 1; turn <= 4; turn += 1) {
    latest = catalogue.signals.map(({ path }, i) => sample(i + 1, path, turn, BigInt(turn)));
    published = [];
    view.tell();
    const values = published.filter(([topic]) => topic !== TOPIC);
    expect(values.length).toBe(3);
    for (const [topic] of values) told.add(topic);
  }
  expect(told.size).toBe(10);
});

test('waits for the broker, and tells everything again to the next one', () => {
  const view = createView();
  isConnected = false;
  view.tell();
  isConnected = true;
  view.tell();
  expect(published.length).toBe(3);
  published = [];
  view.forget();
  view.tell();
  expect(published.length).toBe(3);
});

test('takes away what is retained at the old place of a machine that moved', () => {
  const view = createView();
  view.tell();
  published = [];
  catalogue = { ...catalogue, machine: { ...MILL, assetPath: { ...MILL.assetPath, area: 'Hall 2' } } };
  view.tell();
  expect(published.filter(([, body]) => body === undefined).map(([topic]) => topic)).toEqual([
    `${TOPIC}/Spindle/Speed`,
    `${TOPIC}/Program`,
    TOPIC,
  ]);
  expect(published.filter(([, body]) => body !== undefined).length).toBe(3);
  expect(published.at(-1)?.[0]).toContain('/Hall-2/');
});

test('makes topics that MQTT can carry, of any name and any depth', () => {
  const assetPath = { enterprise: ' a/b + #c\n', site: 'brest', line: '水泵' };
  expect(machineTopic({ ...MILL, assetPath })).toBe('uns/a-b-c/brest/_/水泵/cnc-01');
  const path = Array.from({ length: 14 }, (_, i) => `L${i}`).join('/');
  latest = [sample(1, path, 1), sample(2, 'x'.repeat(1_000), 2)];
  createView().tell();
  expect(published.map(([topic]) => topic)).toEqual([
    TOPIC,
    `${TOPIC}/L0/L1/L2/L3/L4/L5/L6/L7/L8/L9.L10.L11.L12.L13`,
  ]);
  expect(published[1]?.[0].split('/').length).toBe(16);
});

/** A machine is recorded into a file; the file is served; what is recorded of that is the same, value for value. */
import type { SimulatedEndpoint } from '#contracts/config/simulators.ts';
import type { RecordedNode, RecordedSample } from '../../../simulators/replay/machine-recording.ts';
import type { TestServer } from '../opcua-source/machine-server.ts';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BinaryStream, DataValue, decodeVariant, LocalizedText, StatusCodes as UaStatus } from 'node-opcua';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { parsePlant } from '../../../simulators/plants/load-plant.ts';
import { openRecording, samplesOf } from '../../../simulators/replay/machine-recording.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { recordMachine } from '../../../simulators/server/recorder/record-machine.ts';
import { expectInTime } from '../../support/timing-gate.ts';
import {
  DataType,
  startServer,
  StatusCodes,
  Variant,
  VariantArrayType,
} from '../opcua-source/machine-server.ts';
import { readLedger, receivedSample } from './ledger.ts';

const HEADER = 'site: brest\nenterprise: Technopark\nname: { en: Visitors }\nmachines:\n';
const PUBLISHING_MS = 100;
/** Source times may differ from arrival by no more than a loaded test machine can explain. */
const TIMING_MS = 100;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Wish {
  readonly durationS?: number;
  readonly signal?: AbortSignal;
  readonly user?: { readonly name: string; readonly password: string };
}

const record = (endpointUrl: string, to: string, { durationS = 2, signal, user }: Wish = {}) =>
  recordMachine({
    endpointUrl,
    to: join(folder, to),
    user,
    pkiDir: join(folder, 'recorder'),
    certificateSha256: undefined,
    durationS,
    publishingMs: PUBLISHING_MS,
    samplingMs: 0,
    mostNodes: 20_000,
    signal: signal ?? new AbortController().signal,
    tell: () => undefined,
  });

/** Serves machines of a plant while `use` runs. */
async function serving<Result>(
  machine: string,
  use: (endpoint: SimulatedEndpoint, factory: Factory) => Promise<Result>,
  ledger?: string,
): Promise<Result> {
  const config = simulatorsConfigSchema.parse({
    dataDir: join(folder, 'data'),
    basePort: 0,
    seed: 5,
    ledger,
  });
  const plant = parsePlant(`${HEADER}  - ${machine}\n`, join(folder, 'plant.yaml'));
  const factory = new Factory(config, plant, createLogger('test', 'silent'));
  try {
    const { endpoints } = await factory.start(new AbortController().signal);
    return await use(endpoints[0]!, factory);
  } finally {
    await factory.stop();
  }
}

const samplesIn = async (file: string): Promise<number> => {
  let count = 0;
  for await (const { samples } of samplesOf(join(folder, file))) count += samples.length;
  return count;
};

/** The recording is served with its own times, and recorded again until all of it has come, and what would come too much. */
async function replayed(file: string, to: string): Promise<string> {
  const machine = `{ id: visitor-01, kind: replay, name: { en: Visitor }, parameters: { file: ${file}, times: recorded, repeat: once } }`;
  const count = await samplesIn(file);
  return serving(machine, async ({ endpointUrl, provenance, rootNodeId }, factory) => {
    expect(provenance).toBe('replay');
    const ending = new AbortController();
    const recorded = record(endpointUrl, to, { durationS: Infinity, signal: ending.signal });
    try {
      await vi.waitUntil(() => factory.recorded[0]?.state === 'finished', { timeout: 30_000 });
      await vi.waitUntil(async () => (await samplesIn(to)) >= count, { timeout: 10_000 });
      await pause(3 * PUBLISHING_MS);
    } finally {
      ending.abort();
      await recorded;
    }
    return rootNodeId;
  });
}

const samplesByVariable = async (file: string) => {
  const { watched } = await openRecording(join(folder, file));
  const samples = new Map<string, (readonly [at: number, ...RecordedSample])[]>(
    watched.map((id) => [id, []]),
  );
  for await (const line of samplesOf(join(folder, file)))
    for (const sample of line.samples) samples.get(watched[sample[0]] ?? '')?.push([line.at, ...sample]);
  return samples;
};

/** Nodes without values; references to what was captured, in one order. */
async function nodesOf(file: string): Promise<Map<string, Omit<RecordedNode, 'value'>>> {
  const { nodes } = await openRecording(join(folder, file));
  const known = new Set(nodes.map(({ id }) => id));
  return new Map(
    nodes.map(({ value: _value, references, ...node }) => {
      const within = references.filter(([, , target]) => target.startsWith('ns=0;') || known.has(target));
      return [
        node.id,
        { ...node, references: within.toSorted((a, b) => String(a).localeCompare(String(b))) },
      ];
    }),
  );
}

/** @returns the number of samples, and how far their pace was off, in the middle. */
async function expectTheSame(first: string, second: string): Promise<{ samples: number; offMs: number }> {
  const [nodes, again] = [await nodesOf(first), await nodesOf(second)];
  expect([...again.keys()].toSorted()).toEqual([...nodes.keys()].toSorted());
  for (const [id, node] of nodes) expect(again.get(id), id).toEqual(node);
  const { header } = await openRecording(join(folder, first));
  const other = (await openRecording(join(folder, second))).header;
  expect([other.namespaces, other.root]).toEqual([header.namespaces, header.root]);
  const [samples, played] = [await samplesByVariable(first), await samplesByVariable(second)];
  const shifts: number[] = [];
  for (const [id, list] of samples) {
    const theirs = played.get(id) ?? [];
    expect(
      theirs.map(([, , ...value]) => value),
      id,
    ).toEqual(list.map(([, , ...value]) => value));
    list.slice(1).forEach(([at], i) => shifts.push((theirs[i + 1]?.[0] ?? Infinity) - at));
  }
  // The replay began some time after its recorder: by the same span for every value.
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
  const shift = middle(shifts);
  const offMs = middle(shifts.map((each) => Math.abs(each - shift)));
  return { samples: [...samples.values()].reduce((sum, list) => sum + list.length, 0), offMs };
}

describe('a simulated machine of our own', () => {
  const MACHINE = '{ id: compressor-01, kind: compressor, name: { en: Compressor } }';
  let ledger: string;

  beforeAll(async () => {
    ledger = join(folder, 'ledger.jsonl');
    await serving(MACHINE, ({ endpointUrl }) => record(endpointUrl, 'own.rec'), ledger);
  }, 60_000);

  test('what is recorded is what its ledger says', async () => {
    const produced = new Set(
      (await readLedger(ledger, 'compressor-01')).map(({ path, timeNs, value, statusCode }) =>
        [path, timeNs, JSON.stringify(value), statusCode].join(' '),
      ),
    );
    const samples = await samplesByVariable('own.rec');
    const path = 'Receiver/Pressure';
    const list =
      [...samples].find(([id]) => id.endsWith(`s=compressor-01-${path.replaceAll('/', '-')}`))?.[1] ?? [];
    expect(list.length).toBeGreaterThan(10);
    for (const [, , sourceMs, below, statusCode, variant] of list.slice(1)) {
      const dataValue = new DataValue({
        sourceTimestamp: new Date(sourceMs ?? 0),
        sourcePicoseconds: below * 100_000,
        statusCode: UaStatus.Good,
        value: decodeVariant(new BinaryStream(Buffer.from(variant, 'base64'))),
      });
      const { timeNs, value } = receivedSample(path, dataValue);
      expect([...produced]).toContain([path, timeNs, JSON.stringify(value), statusCode].join(' '));
    }
  });

  test('its replay is the same machine: nodes, types, values, statuses, times', async (context) => {
    const root = await replayed('own.rec', 'own-again.rec');
    expect(root).toBe('nsu=urn:brest:machines:compressor;s=compressor-01');
    const { samples, offMs } = await expectTheSame('own.rec', 'own-again.rec');
    expect(samples).toBeGreaterThan(300);
    expectInTime(context, offMs, TIMING_MS);
  }, 60_000);
});

describe('a plain server of another make', () => {
  let server: TestServer;
  let counted = 0;

  /** No companion specification; names, ids and types as people make them. */
  function build(test: TestServer): void {
    const namespace = test.namespace();
    const folderNode = test.folder('Größe & <Maß> "1"');
    const structure = namespace.createDataType({
      browseName: 'Punkt',
      isAbstract: false,
      subtypeOf: 'Structure',
      partialDefinition: [
        { name: 'X', dataType: DataType.Double },
        { name: 'Name', dataType: DataType.String },
        { name: 'Flags', dataType: DataType.UInt16, valueRank: 1 },
      ],
    });
    void structure;
    test.double('Zähler');
    test.variable(
      'Int64',
      DataType.Int64,
      { dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0x7fffffff, 0xffffffff] },
      folderNode,
    );
    test.variable('Bytes', DataType.ByteString, {
      dataType: DataType.ByteString,
      value: Buffer.from([0, 255]),
    });
    test.variable('Text', DataType.LocalizedText, {
      dataType: DataType.LocalizedText,
      value: new LocalizedText({ locale: 'be', text: 'Ціск' }),
    });
    test.variable('Names', DataType.String, {
      dataType: DataType.String,
      arrayType: VariantArrayType.Array,
      value: ['a', '', 'ў'],
    });
    const matrix = namespace.addVariable({
      browseName: 'Matrix',
      nodeId: 'i=4711',
      dataType: DataType.Float,
      componentOf: test.root,
      valueRank: 2,
      arrayDimensions: [2, 2],
    });
    matrix.setValueFromSource(
      new Variant({
        dataType: DataType.Float,
        arrayType: VariantArrayType.Matrix,
        dimensions: [2, 2],
        value: Float32Array.from([1, 2, 3, Number.NaN]),
      }),
    );
    namespace.addMultiStateDiscrete({
      browseName: 'Mode',
      nodeId: 'g=09087e75-8e5e-499b-954f-f2a9603db28a',
      componentOf: test.root,
      enumStrings: ['Aus', 'Ein'],
      value: 1,
    });
  }

  beforeAll(async () => {
    server = await startServer({
      pkiDir: join(folder, 'foreign'),
      namespaces: ['urn:foreign:other', 'urn:test:machine'],
      users: { visitor: 'secret' },
      secureOnly: false,
      limits: { read: 40, browse: 7, monitoredItemsPerCall: 3 },
      build,
    });
  }, 60_000);

  afterAll(() => server.stop());

  const user = { name: 'visitor', password: 'secret' };

  test('whatever it says comes back, ended by Ctrl-C', async (context) => {
    const stopping = new AbortController();
    const timer = setInterval(() => {
      counted += 1;
      server.set(
        'Zähler',
        counted,
        counted % 7 === 0 ? StatusCodes.BadSensorFailure : StatusCodes.UncertainInitialValue,
      );
      if (counted === 60) stopping.abort();
    }, 25);
    const result = await record(server.endpoint, 'foreign.rec', {
      durationS: Infinity,
      signal: stopping.signal,
      user,
    });
    clearInterval(timer);
    expect(result).toMatchObject({ isComplete: true, refused: [], overflows: 0, missedMessages: 0 });
    expect(result.samples).toBeGreaterThan(30);
    await replayed('foreign.rec', 'foreign-again.rec');
    const { samples, offMs } = await expectTheSame('foreign.rec', 'foreign-again.rec');
    expect(samples).toBe(result.samples);
    expectInTime(context, offMs, TIMING_MS);
  }, 60_000);

  test('errors say what is wrong', async () => {
    const wrong = { name: 'visitor', password: 'no' };
    await expect(record(server.endpoint, 'a.rec', { user: wrong })).rejects.toThrow(
      /refuses: BadUserAccessDenied|BadIdentityTokenRejected/,
    );
    await expect(record(server.endpoint, 'b.rec')).rejects.toThrow(/offers no anonymous login/);
    await expect(record('opc.tcp://127.0.0.1:1', 'c.rec')).rejects.toThrow(/cannot be reached/);
    expect(existsSync(join(folder, 'c.rec'))).toBe(false);
    await expect(record(server.endpoint, 'foreign.rec', { user })).rejects.toThrow(/is there already/);
  });
});

test('a file that cannot be served is refused with its reason; a killed recorder costs its last line only', async () => {
  const text = await readFile(join(folder, 'foreign.rec'), 'utf8');
  const open = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return openRecording(join(folder, name));
  };
  await expect(open('csv.rec', 'time;a\n1;2\n')).rejects.toThrow(/is not a recorded machine/);
  await expect(open('future.rec', text.replace('"recording":1', '"recording":9'))).rejects.toThrow(
    /version 9/,
  );
  await expect(open('short.rec', text.slice(0, text.indexOf('{"space"')))).rejects.toThrow(
    /before the machine was captured/,
  );
  const middle = text.indexOf('{"at"');
  await expect(open('damaged.rec', `${text.slice(0, middle)}???\n${text.slice(middle)}`)).rejects.toThrow(
    /is damaged at line/,
  );
  await expect(openRecording(join(folder, 'absent.rec'))).rejects.toThrow(/does not exist/);
  const torn = await open('torn.rec', text.slice(0, text.lastIndexOf('{"end"') - 20));
  expect(torn.isTorn).toBe(true);
  const whole = await openRecording(join(folder, 'foreign.rec'));
  expect(torn.watched).toEqual(whole.watched);
  expect(torn.samples).toBeLessThan(whole.samples);
});

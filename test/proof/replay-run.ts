/**
 * Recordings through the whole path: real simulators, real `npm start` (broker, edge agent, services), and the
 * historian's own files read back after it has stopped.
 */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, parseDocument, stringify } from 'yaml';
import { startCentre, type CentreProcess } from '../support/centre-process.ts';
import { getJson } from '../support/api-client.ts';
import { spawnApp, REPOSITORY_ROOT, type SpawnedProcess } from '../support/spawned-process.ts';
import { addComparisons, compareSeries, type Comparison } from './compare-series.ts';
import { readRecording, type TruthRow } from './recording-truth.ts';
import { readStoredSeries, unsealedSamples } from './stored-series.ts';

export interface ReplayCase {
  /** Id of the machine to be. */
  readonly id: string;
  /** `simulators/replay/mappings/<mapping>.yaml` */
  readonly mapping: string;
  readonly file: string;
  readonly speed: number | 'max';
}

export interface ReplayResult extends Comparison {
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
}

interface Mapping {
  readonly separator: string;
  readonly time: { readonly column: string };
  readonly columns: readonly { readonly column: string; readonly path: string; readonly type?: string }[];
}

const POLL_MS = 250;

/** Replays all cases at once and compares each; `boundMs` is how long the replay may take, `tell` hears how far it is. */
export async function proveReplay(
  cases: readonly ReplayCase[],
  dataDir: string,
  boundMs: number,
  tell: (line: string) => void = () => undefined,
): Promise<ReplayResult[]> {
  await keepOldTimes(dataDir);
  const simulatorsDir = path.join(dataDir, 'simulators');
  const configFile = path.join(dataDir, 'replays.yaml');
  await writeFile(
    configFile,
    stringify({ dataDir: simulatorsDir, basePort: 0, replays: cases.map(toReplay) }),
  );
  const simulators = await spawnApp('simulators/main.ts', {
    args: ['--config', configFile],
    readyTimeoutMs: 240_000,
  });
  try {
    const centre = await startCentre(dataDir, ['--without', 'simulators']);
    try {
      await plugIn(dataDir, simulatorsDir);
      await awaitAllStored(cases, { centre, simulators }, { boundMs, tell });
    } finally {
      await centre.pressCtrlC();
    }
  } finally {
    await simulators.stop();
  }
  return await Promise.all(cases.map(async (one) => await compareCase(one, dataDir)));
}

/** Recorded times lie years back: the default retention would let them go. Sealed at once, to be read as Parquet. */
async function keepOldTimes(dataDir: string): Promise<void> {
  await mkdir(path.join(dataDir, 'config'), { recursive: true });
  const directory = path.join(dataDir, 'services', 'historian');
  const store = { kind: 'embedded', directory, retentionDays: 36_500, sealIntervalMs: 2_000 };
  await writeFile(path.join(dataDir, 'config', 'services.yaml'), stringify({ store }));
}

const mappingPath = (one: ReplayCase): string =>
  path.join(REPOSITORY_ROOT, 'simulators/replay/mappings', `${one.mapping}.yaml`);

const toReplay = (one: ReplayCase): object => ({
  mapping: mappingPath(one),
  file: one.file,
  id: one.id,
  speed: one.speed,
  repeat: 'once',
  times: 'recorded',
  waitForSubscriber: true,
});

interface Endpoint {
  readonly id: string;
  readonly kind: string;
  readonly name: object;
  readonly provenance: string;
  readonly endpointUrl: string;
  readonly certificateSha256: string;
  readonly rootNodeId: string;
}

/** Adds the replayed machines to the running agent's configuration, as an engineer would. */
async function plugIn(dataDir: string, simulatorsDir: string): Promise<void> {
  const { endpoints } = JSON.parse(await readFile(path.join(simulatorsDir, 'endpoints.json'), 'utf8')) as {
    endpoints: Endpoint[];
  };
  const file = path.join(dataDir, 'config', 'edge-agent.yaml');
  const document = parseDocument(await readFile(file, 'utf8'));
  document.set(
    'machines',
    endpoints.map(({ id, kind, name, provenance, endpointUrl, certificateSha256, rootNodeId }) => ({
      id,
      kind,
      name,
      provenance,
      opcua: { endpoint: endpointUrl, serverCertificateSha256: certificateSha256 },
      browse: { root: rootNodeId },
      monitoring: { trigger: 'statusValueTimestamp', samplingIntervalMs: 0 },
    })),
  );
  await writeFile(`${file}.new`, String(document));
  await rename(`${file}.new`, file);
}

function truthOf(one: ReplayCase): { mapping: Mapping; columns: Map<string, TruthRow[]> } {
  const mapping = parse(readFileSync(mappingPath(one), 'utf8')) as Mapping;
  const format = { separator: mapping.separator, timeColumn: mapping.time.column };
  return { mapping, columns: readRecording(one.file, format) };
}

const QUIET_POLLS = 8;

/** Until every replay has said that it is through, and the store has sealed all and gets nothing new for two seconds. */
async function awaitAllStored(
  cases: readonly ReplayCase[],
  running: { readonly centre: CentreProcess; readonly simulators: SpawnedProcess },
  limits: { readonly boundMs: number; readonly tell: (line: string) => void },
): Promise<void> {
  const { centre, simulators } = running;
  const { boundMs, tell } = limits;
  const endMs = performance.now() + boundMs;
  const inTime = async (what: string): Promise<void> => {
    if (performance.now() > endMs) throw new Error(`${what} after ${boundMs} ms\n${centre.output()}`);
    await delay(POLL_MS);
  };
  const finished = (): number => simulators.output().split('"replay finished"').length - 1;
  let told = -1;
  while (finished() < cases.length) {
    if (told !== finished()) tell(`${finished()} of ${cases.length} replays are through`);
    told = finished();
    await inTime(`only ${told} of ${cases.length} replays were through`);
  }
  tell('all replays are through; waiting until everything is stored and sealed');
  let stored = -1;
  for (let quiet = 0; quiet < QUIET_POLLS;) {
    await inTime('samples were still coming in');
    const now = await storedSamples(centre);
    quiet = now === stored && unsealedSamples(centre.dataDir) === 0 ? quiet + 1 : 0;
    stored = now;
  }
}

async function storedSamples(centre: CentreProcess): Promise<number> {
  const { items } = await getJson<{ items: { stored: number }[] }>(
    centre.dashboardUrl,
    '/api/v1/audit/streams',
  );
  return items.reduce((sum, { stored }) => sum + stored, 0);
}

async function compareCase(one: ReplayCase, dataDir: string): Promise<ReplayResult> {
  const { mapping, columns } = truthOf(one);
  const mapped = mapping.columns.filter(({ column }) => columns.has(column));
  const results: Comparison[] = [];
  for (const { column, path: signalPath, type } of mapped) {
    const truth = (columns.get(column) ?? []).map((row) =>
      type === 'Float' ? { ...row, value: Math.fround(row.value) } : row,
    );
    results.push(compareSeries(truth, await readStoredSeries(dataDir, one.id, signalPath)));
  }
  const rows = Math.max(...mapped.map(({ column }) => columns.get(column)?.length ?? 0));
  return { id: one.id, rows, columns: mapped.length, ...addComparisons(results) };
}

import { existsSync, readFileSync } from 'node:fs';
import { isMap, isSeq } from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '#platform/errors.ts';
import type { SimulatedEndpoint } from '#contracts/config/simulators.ts';
import { writeFileAtomic } from './atomic-file.ts';

const managedSchema = z.object({ machines: z.array(z.string()) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Ids of the machines that the centre put into the agent's configuration; all others belong to the user. */
export class ManagedMachines {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  read(): ReadonlySet<string> {
    if (!existsSync(this.#file)) return new Set();
    const { success, data } = managedSchema.safeParse(parseJson(readFileSync(this.#file, 'utf8')));
    if (success) return new Set(data.machines);
    const message =
      'it is damaged; it names the machines that the centre keeps: remove it together with the machines of the simulators in edge-agent.yaml, then start again';
    throw new ConfigError(this.#file, [{ path: '', message }]);
  }

  write(ids: Iterable<string>): void {
    writeFileAtomic(this.#file, `${JSON.stringify({ version: 1, machines: [...ids] })}\n`);
  }
}

function machineList(document: Document): YAMLSeq {
  const present = document.get('machines');
  if (isSeq(present)) return present;
  const created = document.createNode([]);
  document.set('machines', created);
  return created;
}

/** What the simulators say about a machine, in the words of the agent's configuration. */
function facts(endpoint: SimulatedEndpoint): [keyPath: string[], value: unknown][] {
  return [
    [['kind'], endpoint.kind],
    [['name'], endpoint.name],
    [['provenance'], endpoint.provenance],
    [['assetPath'], endpoint.assetPath],
    [['opcua', 'endpoint'], endpoint.endpointUrl],
    [['opcua', 'securityMode'], endpoint.securityMode],
    [['opcua', 'securityPolicy'], endpoint.securityPolicy],
    [['opcua', 'serverCertificateSha256'], endpoint.certificateSha256],
    [['browse', 'root'], endpoint.rootNodeId],
    ...(endpoint.alarmTexts
      ? [[['events', 'texts'], endpoint.alarmTexts] satisfies [string[], unknown]]
      : []),
  ];
}

/** A replay keeps equal neighbours: each row of the recording is a sample, also one with an unchanged value. */
const REPLAY_MONITORING = { trigger: 'statusValueTimestamp', samplingIntervalMs: 0, queueSize: 1000 };

function newMachine(document: Document, endpoint: SimulatedEndpoint): YAMLMap {
  const machine = document.createNode({ id: endpoint.id }) as YAMLMap;
  if (endpoint.provenance === 'replay') machine.set('monitoring', document.createNode(REPLAY_MONITORING));
  return machine;
}

export interface MachineChanges {
  /** Machines that the user entered under the id of a simulated one: the user's stays. */
  readonly shadowed: readonly string[];
  readonly managed: readonly string[];
}

/**
 * Brings the agent's machine list in line with the simulators: adds what is new, refreshes addresses and pinned
 * certificates of what the centre added before, removes what the plant no longer has. What the user added or wrote
 * beside those keys stays.
 */
export function mergeMachines(
  document: Document,
  endpoints: readonly SimulatedEndpoint[],
  managedBefore: ReadonlySet<string>,
): MachineChanges {
  const list = machineList(document);
  const wanted = new Set(endpoints.map(({ id }) => id));
  const idOf = (item: unknown): string => (isMap(item) ? String(item.get('id')) : '');
  list.items = list.items.filter((item) => wanted.has(idOf(item)) || !managedBefore.has(idOf(item)));
  const shadowed: string[] = [];
  const managed: string[] = [];
  for (const endpoint of endpoints) {
    const present = list.items.find((item) => idOf(item) === endpoint.id);
    if (present !== undefined && !managedBefore.has(endpoint.id)) {
      shadowed.push(endpoint.id);
      continue;
    }
    const machine = isMap(present) ? present : newMachine(document, endpoint);
    for (const [keyPath, value] of facts(endpoint)) machine.setIn(keyPath, document.createNode(value));
    if (present === undefined) list.add(machine);
    managed.push(endpoint.id);
  }
  return { shadowed, managed };
}

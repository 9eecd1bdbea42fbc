import type { RecordedMachineParameters } from '../replay/recorded-machine.ts';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Plant, PlantMachine } from '#contracts/config/plant.ts';
import type { LoadParameters } from '../machines/load/parameters.ts';
import type { MachineKindName } from '../machines/registry.ts';
import type { ConfigIssue } from '#platform/errors.ts';
import {
  buildingSchema,
  calendarSchema,
  materialSchema,
  plantMachineSchema,
  plantSchema,
} from '#contracts/config/plant.ts';
import { readYaml } from '#platform/config-file.ts';
import { ConfigError, codeOf, messageOf } from '#platform/errors.ts';
import { loadParameters } from '../machines/load/parameters.ts';
import { recordedMachineParameters } from '../replay/recorded-machine.ts';
import { isMachineKind, machineKind, MACHINE_KINDS } from '../machines/registry.ts';

/** A machine of the plant with what its kind made of its parameters. */
export type PlannedMachine =
  | {
      readonly type: 'physical';
      readonly machine: PlantMachine;
      readonly kind: MachineKindName;
      readonly parameters: unknown;
    }
  | { readonly type: 'load'; readonly machine: PlantMachine; readonly parameters: LoadParameters }
  | {
      readonly type: 'recorded';
      readonly machine: PlantMachine;
      /** The file with its path resolved. */
      readonly parameters: RecordedMachineParameters;
    };

export interface LoadedPlant {
  readonly plant: Plant;
  /** In the plant's order; machines with a `count` are spelled out. */
  readonly machines: readonly PlannedMachine[];
}

/** No machines: for a process that only replays recordings. */
export const EMPTY_PLANT: LoadedPlant = {
  plant: {
    site: 'brest',
    enterprise: 'Brest Technopark',
    name: { en: 'Recordings', ru: 'Записи', be: 'Запісы', zh: '记录回放' },
    seed: 1,
    startsAt: '2026-01-05T05:00:00Z',
    warmUpMinutes: 0,
    tickMs: 100,
    ambientC: 21,
    calendar: calendarSchema.parse({}),
    material: materialSchema.parse({}),
    building: buildingSchema.parse({}),
    allowUnsecured: false,
    machines: [],
  },
  machines: [],
};

/** @throws ConfigError with everything that is wrong in the file, each with its path and what to do. */
export async function loadPlant(path: string): Promise<LoadedPlant> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'the file does not exist' : messageOf(error);
    throw new ConfigError(path, [{ path: '', message: `${why}; check the path and its permissions` }]);
  }
  return parsePlant(text, path);
}

/** Like {@link loadPlant}, of a text; `source` is how it is named in the error. */
export function parsePlant(text: string, source: string): LoadedPlant {
  const raw: unknown = readYaml(text, source) ?? {};
  const result = plantSchema.safeParse(raw);
  const issues = [
    ...(result.success ? materialIssues(result.data) : toIssues(result.error, '')),
    ...machineIssues(raw),
  ];
  if (!result.success || issues.length > 0) throw new ConfigError(source, issues);
  const machines = result.data.machines.flatMap(spellOut).map((machine) => plan(machine, dirname(source)));
  return { plant: result.data, machines };
}

/** What the kinds say about parameters, and ids or ports taken twice; also where other parts are wrong. */
function machineIssues(raw: unknown): readonly ConfigIssue[] {
  const list = isRecord(raw) && Array.isArray(raw['machines']) ? (raw['machines'] as unknown[]) : [];
  const issues: ConfigIssue[] = [];
  const takenIds = new Map<string, string>();
  const takenOffsets = new Map<number, string>();
  let place = 0;
  list.forEach((entry, i) => {
    const at = `machines[${i}]`;
    const kind = isRecord(entry) ? entry['kind'] : undefined;
    if (typeof kind === 'string')
      issues.push(...kindIssues(kind, isRecord(entry) ? entry['parameters'] : {}, at));
    const parsed = plantMachineSchema.safeParse(entry);
    if (!parsed.success) return;
    for (const machine of spellOut(parsed.data)) {
      issues.push(...conflict(takenIds, machine.id, { at, field: 'id' }));
      const offset = machine.portOffset ?? place;
      issues.push(...conflict(takenOffsets, offset, { at, field: 'portOffset' }));
      place += 1;
    }
  });
  return issues;
}

/** Steps are free of order only while each buffer has one machine that gives and one that takes. */
function materialIssues({ material, machines }: Plant): readonly ConfigIssue[] {
  const buffers = new Set(material.buffers.map(({ id }) => id));
  const places = new Set([...buffers, ...material.sources.map(({ id }) => id)]);
  const issues: ConfigIssue[] = [];
  for (const side of ['inputs', 'outputs'] as const) {
    const owners = new Map<string, string>();
    machines.forEach((machine, i) => {
      for (const id of machine[side]) {
        const path = `machines[${i}].${side}`;
        if (side === 'inputs' && !places.has(id))
          issues.push({ path, message: `"${id}" is no buffer and no source of material; name one of them` });
        const owner = owners.get(id) ?? machine.id;
        owners.set(id, owner);
        if (owner !== machine.id && places.has(id))
          issues.push({ path, message: `"${id}" already belongs to ${owner}; give each its own buffer` });
      }
    });
  }
  return issues;
}

/** Kinds without a physical model. */
const OTHER_KINDS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['load', loadParameters],
  ['replay', recordedMachineParameters],
]);

function kindIssues(kind: string, parameters: unknown, at: string): readonly ConfigIssue[] {
  const schema = isMachineKind(kind) ? machineKind(kind).parameters : OTHER_KINDS.get(kind);
  if (!schema) {
    const known = [...Object.keys(MACHINE_KINDS), ...OTHER_KINDS.keys()].join(', ');
    return [{ path: `${at}.kind`, message: `"${kind}" is not a kind of machine; use one of: ${known}` }];
  }
  const result = schema.safeParse(parameters ?? {});
  return result.success ? [] : toIssues(result.error, `${at}.parameters`);
}

function conflict<Key extends string | number>(
  taken: Map<Key, string>,
  key: Key,
  place: { readonly at: string; readonly field: string },
): readonly ConfigIssue[] {
  const holder = taken.get(key);
  taken.set(key, place.at);
  if (holder === undefined) return [];
  const message = `${JSON.stringify(key)} is already taken by ${holder}; choose another ${place.field}`;
  return [{ path: `${place.at}.${place.field}`, message }];
}

/** One entry per machine; ports follow each other from the entry's offset. */
function spellOut(machine: PlantMachine): readonly PlantMachine[] {
  if (machine.count === 1) return [machine];
  return Array.from({ length: machine.count }, (_, i) => ({
    ...machine,
    id: `${machine.id}-${i + 1}`,
    name: { ...machine.name, en: `${machine.name.en} ${i + 1}` },
    ...(machine.portOffset === undefined ? {} : { portOffset: machine.portOffset + i }),
    count: 1,
  }));
}

function plan(machine: PlantMachine, folder: string): PlannedMachine {
  const { kind } = machine;
  if (isMachineKind(kind))
    return {
      type: 'physical',
      machine,
      kind,
      parameters: machineKind(kind).parameters.parse(machine.parameters),
    };
  if (kind !== 'replay')
    return { type: 'load', machine, parameters: loadParameters.parse(machine.parameters) };
  const parameters = recordedMachineParameters.parse(machine.parameters);
  return { type: 'recorded', machine, parameters: { ...parameters, file: resolve(folder, parameters.file) } };
}

function toIssues(error: z.ZodError, prefix: string): readonly ConfigIssue[] {
  return error.issues.map((issue) => ({
    path: issue.path.reduce<string>(
      (path, key) =>
        typeof key === 'number' ? `${path}[${key}]` : path ? `${path}.${String(key)}` : String(key),
      prefix,
    ),
    message: issue.message,
  }));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** Ids (`brest/cnc-01`) of all machines of a plant that comes with the simulators, in its order. */
export function plantMachineIds(plant: string): readonly string[] {
  const file = path.join(import.meta.dirname, '../../simulators/plants', `${plant}.yaml`);
  const { site, machines } = parse(readFileSync(file, 'utf8')) as {
    site: string;
    machines: { id: string }[];
  };
  return machines.map(({ id }) => `${site}/${id}`);
}

// Writes what the machines of a plant announce (kinds, signals, units) to stdout as JSON, without a server: for the generated
// dashboards of Grafana. Argument: the plant's file.
import { isUnitCode, unitOf } from './model/units.ts';
import { loadPlant } from './plants/load-plant.ts';
import { createSimulation } from './runtime/create-simulation.ts';

const { plant, machines: planned } = await loadPlant(process.argv[2] ?? 'simulators/plants/brest.yaml');
const { machines } = createSimulation({ plant, machines: planned }, plant.seed, 0);
const names = new Map(plant.machines.map(({ id, name }) => [id, name.en]));
const catalogue = machines.map(({ id, kind, signals }) => ({
  id,
  kind,
  name: names.get(id) ?? id,
  signals: signals.map(({ path, dataType, unit, range, arrayLength }) => ({
    path,
    dataType,
    isArray: arrayLength !== undefined,
    unit: unit !== undefined && isUnitCode(unit) ? unitOf(unit).symbol : undefined,
    range,
  })),
}));
process.stdout.write(`${JSON.stringify({ site: plant.site, machines: catalogue }, null, 2)}\n`);

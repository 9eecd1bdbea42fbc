import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  energyDashboard,
  machineDashboard,
  overviewDashboard,
  pipelineDashboard,
} from './grafana-dashboards.ts';
import type { PlantCatalogue } from './grafana-dashboards.ts';

/** The simulators tell their own catalogue; as a process of its own, since nothing here may import an application. */
const PRINTER = 'simulators/print-catalogue.ts';
const PLANT = 'simulators/plants/brest.yaml';
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** Folder that holds nothing but generated dashboards. */
export const GRAFANA_FOLDER = 'dashboards/grafana/dashboards';

/** Dashboards for Grafana, from the signals of the plant: path relative to `root` -> text. */
export async function grafanaDashboards(root: string): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(path.join(root, PRINTER))) return new Map();
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, PRINTER), PLANT], {
    cwd: root,
    maxBuffer: MAXIMUM_BYTES,
  });
  const catalogue = JSON.parse(stdout) as PlantCatalogue;
  const kinds = [...new Set(catalogue.machines.map(({ kind }) => kind))].sort();
  const dashboards = [
    overviewDashboard(catalogue),
    energyDashboard(catalogue),
    pipelineDashboard(),
    ...kinds.map((kind) => machineDashboard(kind, catalogue)),
  ];
  return new Map(
    dashboards.map((dashboard) => [
      `${GRAFANA_FOLDER}/${dashboard.uid}.json`,
      `${JSON.stringify(dashboard, null, 2)}\n`,
    ]),
  );
}

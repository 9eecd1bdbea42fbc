import { LEDGER, dashboard, type Dashboard, type PanelSpec, type Query } from './grafana-panels.ts';

/** What `simulators/print-catalogue.ts` prints. */
export interface PlantCatalogue {
  readonly site: string;
  readonly machines: readonly {
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    readonly signals: readonly CatalogueSignal[];
  }[];
}

interface CatalogueSignal {
  readonly path: string;
  readonly dataType: string;
  readonly isArray: boolean;
  readonly unit?: string;
  readonly range?: readonly [low: number, high: number];
}

/** Signals in one chart: more cannot be told apart. */
const SIGNALS_PER_PANEL = 8;
const STATE = /MachineryItemState\/CurrentState$/;
const POWER = /Energy\/(AcActivePowerTotal|ActivePower)$|AI_ActivePower$/;
const ENERGY = /Energy\/(AcActiveEnergyTotalImport|ActiveEnergyImport)$|MD_EnergyWh$/;

const identifier = (name: string): string => `"${name}"`;
const text = (value: string): string => `'${value.replaceAll("'", "\\'")}'`;
const isNumeric = ({ dataType, isArray }: CatalogueSignal): boolean =>
  !isArray && /^(Float|Double|S?Byte|U?Int\d+)$/.test(dataType);

/** Mean over each interval of the chart, of good samples: `value` holds no others. */
const mean = (kind: string, where: string): string =>
  `SELECT mean("value") FROM ${identifier(kind)} WHERE ${where} AND $timeFilter GROUP BY time($__interval) fill(none)`;

/** The last value of each interval: for states, texts and counters. */
const last = (kind: string, field: string, where: string): string =>
  `SELECT last(${identifier(field)}) FROM ${identifier(kind)} WHERE ${where} AND $timeFilter GROUP BY time($__interval) fill(none)`;

const on = (machine: string, path: string): string =>
  `"machine" = ${text(machine)} AND "signal" = ${text(path)}`;

/** One query for each machine that has such a signal. */
function each(
  { machines }: PlantCatalogue,
  pattern: RegExp,
  query: (machine: PlantCatalogue['machines'][number], signal: CatalogueSignal) => string,
): Query[] {
  return machines.flatMap((machine) =>
    machine.signals
      .filter(({ path }) => pattern.test(path))
      .slice(0, 1)
      .map((signal) => ({ query: query(machine, signal), alias: machine.name })),
  );
}

/** kW as they are, W divided. */
const scaled = (kind: string, machine: string, { path, unit }: CatalogueSignal): string =>
  mean(kind, on(machine, path)).replace(
    'mean("value")',
    unit === 'W' ? 'mean("value") / 1000' : 'mean("value")',
  );

export function overviewDashboard(catalogue: PlantCatalogue): Dashboard {
  const samples = catalogue.machines.map(({ kind, id, name }) => ({
    query: `SELECT count("seq") FROM ${identifier(kind)} WHERE "machine" = ${text(id)} AND $timeFilter GROUP BY time($__interval) fill(0)`,
    alias: name,
  }));
  return dashboard({
    uid: 'brest-overview',
    title: 'Brest: plant overview',
    panels: [
      {
        title: 'State of the machines',
        type: 'state-timeline',
        width: 24,
        height: 10,
        queries: each(catalogue, STATE, ({ kind, id }, { path }) => last(kind, 'text', on(id, path))),
      },
      {
        title: 'Power',
        type: 'timeseries',
        unit: 'kW',
        width: 24,
        queries: each(catalogue, POWER, ({ kind, id }, signal) => scaled(kind, id, signal)),
      },
      { title: 'Samples in each interval', type: 'timeseries', queries: samples },
      { title: 'Samples that are not good', type: 'timeseries', queries: notGood(catalogue) },
    ],
  });
}

const notGood = ({ machines }: PlantCatalogue): Query[] =>
  machines.map(({ kind, id, name }) => ({
    query: `SELECT count("status") FROM ${identifier(kind)} WHERE "machine" = ${text(id)} AND $timeFilter GROUP BY time($__interval) fill(0)`,
    alias: name,
  }));

export function energyDashboard(catalogue: PlantCatalogue): Dashboard {
  const used = each(
    catalogue,
    ENERGY,
    ({ kind, id }, { path }) =>
      `SELECT spread("value") FROM ${identifier(kind)} WHERE ${on(id, path)} AND $timeFilter GROUP BY time(1h) fill(none)`,
  );
  const feeders = catalogue.machines.flatMap(({ id, kind, signals }) =>
    signals
      .filter(
        ({ path, unit, isArray }) =>
          !isArray && /^(Feeders|Main|Building)\/.*ActivePower/.test(path) && unit !== undefined,
      )
      .map((signal) => ({ query: scaled(kind, id, signal), alias: signal.path.replace(/\/Ac.*$/, '') })),
  );
  const panels: PanelSpec[] = [
    {
      title: 'Power by machine',
      type: 'timeseries',
      unit: 'kW',
      width: 24,
      queries: each(catalogue, POWER, ({ kind, id }, signal) => scaled(kind, id, signal)),
    },
    { title: 'Energy by machine and hour (as counted by it)', type: 'timeseries', width: 24, queries: used },
  ];
  if (feeders.length > 0)
    panels.push({
      title: 'Feeders of the cabinet',
      type: 'timeseries',
      unit: 'kW',
      width: 24,
      height: 10,
      queries: feeders,
    });
  return dashboard({ uid: 'brest-energy', title: 'Brest: energy', panels });
}

/** A dashboard for all machines of a kind: charts of the signals of one unit, states and texts as a timeline. */
export function machineDashboard(kind: string, { machines }: PlantCatalogue): Dashboard {
  const signals = machines.find((machine) => machine.kind === kind)?.signals ?? [];
  const where = (path: string): string => `"machine" =~ /^$machine$/ AND "signal" = ${text(path)}`;
  const named = (signal: CatalogueSignal, query: string): Query => ({ query, alias: signal.path });
  const states = signals.filter(
    ({ dataType, isArray }) => !isArray && /^(LocalizedText|String)$/.test(dataType),
  );
  const switches = signals.filter(({ dataType, isArray }) => !isArray && dataType === 'Boolean');
  return dashboard({
    uid: `brest-${kind}`,
    title: `Brest: ${kind}`,
    variables: [
      {
        name: 'machine',
        label: 'Machine',
        query: `SHOW TAG VALUES FROM ${identifier(kind)} WITH KEY = "machine"`,
      },
    ],
    panels: [
      ...chunks(states, SIGNALS_PER_PANEL).map((some): PanelSpec => ({
        title: 'States and texts',
        type: 'state-timeline',
        width: 24,
        queries: some.map((signal) => named(signal, last(kind, 'text', where(signal.path)))),
      })),
      ...numericPanels(signals.filter(isNumeric), (signal) => named(signal, mean(kind, where(signal.path)))),
      ...chunks(switches, SIGNALS_PER_PANEL).map((some): PanelSpec => ({
        title: 'Switches',
        type: 'state-timeline',
        width: 24,
        queries: some.map((signal) => named(signal, last(kind, 'value', where(signal.path)))),
      })),
    ],
  });
}

function numericPanels(
  signals: readonly CatalogueSignal[],
  query: (signal: CatalogueSignal) => Query,
): PanelSpec[] {
  const byUnit = new Map<string, CatalogueSignal[]>();
  for (const signal of signals)
    byUnit.set(signal.unit ?? '', [...(byUnit.get(signal.unit ?? '') ?? []), signal]);
  return [...byUnit].flatMap(([unit, ofUnit]) =>
    chunks(ofUnit, SIGNALS_PER_PANEL).map((some) => ({
      title: unit === '' ? 'Numbers' : `In ${unit}`,
      type: 'timeseries' as const,
      unit: unit === '' ? undefined : unit,
      queries: some.map(query),
    })),
  );
}

const ledgerTable = (title: string, query: string, more: Partial<PanelSpec> = {}): PanelSpec => ({
  title,
  type: 'table',
  source: LEDGER,
  ...more,
  queries: [{ query, format: 'table' }],
});

/** Of the path of a value: what came, what came late, what was refused, what was not there. */
export function pipelineDashboard(): Dashboard {
  const all = (field: string): string =>
    `SELECT count("${field}") FROM /.*/ WHERE $timeFilter GROUP BY time($__interval) fill(0)`;
  return dashboard({
    uid: 'brest-pipeline',
    title: 'Brest: pipeline health',
    panels: [
      {
        title: 'Samples by their own time',
        type: 'timeseries',
        queries: [{ query: all('seq'), alias: '$m' }],
      },
      {
        title: 'Backfill',
        type: 'timeseries',
        description: 'Samples that came after newer ones',
        queries: [{ query: all('seqh'), alias: '$m' }],
      },
      { title: 'Not good', type: 'timeseries', queries: [{ query: all('status'), alias: '$m' }] },
      ledgerTable(
        'Refused lines',
        'SELECT "received_at", "code", "reason", "samples" FROM "dead_lines" ORDER BY time DESC LIMIT 50',
        { description: 'Dead letters: lines that InfluxDB refuses' },
      ),
      ledgerTable(
        'Refused payloads',
        'SELECT "code", "reason", "topic", "samples" FROM "dead_letter" ORDER BY time DESC LIMIT 50',
      ),
      ledgerTable(
        'Declared gaps',
        'SELECT "machine", "signal", "cause", "from", "to" FROM "gap" ORDER BY time DESC LIMIT 50',
      ),
      ledgerTable(
        'Streams',
        'SELECT count("checksum") AS "records", sum("stored") AS "stored", sum("rejected") AS "rejected", sum("expired") AS "expired" FROM "record" GROUP BY "agent", "epoch"',
        { width: 24, description: 'Records and samples of each agent and epoch since the last summing up' },
      ),
    ],
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}

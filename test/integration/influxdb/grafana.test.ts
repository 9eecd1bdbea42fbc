import { readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { MachineCatalogue } from '#domain/sample-store.ts';
import type { DataTypeName } from '#domain/machine.ts';
import { createInfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';
import { STREAM } from './delivering.ts';

const FOLDER = path.join(REPOSITORY_ROOT, 'dashboards/grafana/dashboards');

/**
 * What of Grafana's dashboard model is used here, closed: copied from @grafana/schema 13.2.3, `raw/dashboard/x/types.gen.d.ts`
 * (Dashboard, Panel, DashboardLink, VariableModel, GridPos, FieldConfig), which is on npm as TypeScript types only. Targets: the query
 * of Grafana's InfluxDB data source for InfluxQL.
 */
const source = z.strictObject({
  type: z.literal('influxdb'),
  uid: z.enum(['brest-samples', 'brest-ledger']),
});
const target = z.strictObject({
  refId: z.string().min(1),
  datasource: source,
  query: z.string().min(1),
  rawQuery: z.literal(true),
  resultFormat: z.enum(['time_series', 'table', 'logs']),
  alias: z.string().optional(),
});
const panel = z.strictObject({
  id: z.int().min(1),
  type: z.enum(['timeseries', 'stat', 'table', 'state-timeline']),
  title: z.string().min(1),
  description: z.string().optional(),
  datasource: source,
  gridPos: z.strictObject({
    x: z.int().min(0).max(23),
    y: z.int().min(0),
    w: z.int().min(1).max(24),
    h: z.int().min(1),
  }),
  fieldConfig: z.strictObject({
    defaults: z.strictObject({
      unit: z.string().optional(),
      min: z.number().optional(),
      max: z.number().optional(),
    }),
    overrides: z.tuple([]),
  }),
  options: z.strictObject({}),
  targets: z.array(target).min(1),
});
const dashboard = z.strictObject({
  uid: z.string().regex(/^[\w-]{8,40}$/),
  title: z.string().min(1),
  schemaVersion: z.literal(42),
  tags: z.array(z.string()),
  timezone: z.enum(['browser', 'utc']),
  editable: z.boolean(),
  graphTooltip: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  annotations: z.strictObject({ list: z.tuple([]) }),
  links: z.array(
    z.strictObject({
      title: z.string(),
      type: z.enum(['link', 'dashboards']),
      tags: z.array(z.string()),
      icon: z.string(),
      tooltip: z.string(),
      asDropdown: z.boolean(),
      includeVars: z.boolean(),
      keepTime: z.boolean(),
      targetBlank: z.boolean(),
    }),
  ),
  templating: z.strictObject({
    list: z.array(
      z.strictObject({
        name: z.string(),
        label: z.string(),
        query: z.string(),
        type: z.literal('query'),
        datasource: source,
        refresh: z.int().min(0).max(2),
        includeAll: z.boolean(),
        multi: z.boolean(),
        sort: z.int().min(0).max(8),
      }),
    ),
  }),
  panels: z.array(panel).min(1),
});

interface PrintedMachine {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly signals: readonly {
    readonly path: string;
    readonly dataType: DataTypeName;
    readonly isArray: boolean;
  }[];
}

/** Types whose values are neither a line nor a state. */
const NOT_DRAWN = new Set(['DateTime', 'Enumeration', 'Structure']);

const files = readdirSync(FOLDER);
const parsed = files.map((file) =>
  dashboard.parse(JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'))),
);

describeWith('influxd', 'the dashboards for Grafana', (program) => {
  let influxd: Influxd;
  const machines: PrintedMachine[] = [];

  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
    const printed = execFileSync(
      process.execPath,
      [path.join(REPOSITORY_ROOT, 'simulators/print-catalogue.ts')],
      { cwd: REPOSITORY_ROOT },
    );
    machines.push(...(JSON.parse(printed.toString()) as { machines: PrintedMachine[] }).machines);
    await storeOneOfEach(influxd, machines);
  });
  afterAll(() => influxd.remove());

  it('are of the published schema, with panels that do not lie on each other', () => {
    expect(parsed.map(({ uid }) => `${uid}.json`).sort()).toEqual([...files].sort());
    for (const { panels, title } of parsed) {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)}:${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size, title).toBe(cells.length);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { targets } of panels)
        expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('show every machine and every signal that is a value of its own', () => {
    const queries = parsed.flatMap(({ panels }) =>
      panels.flatMap(({ targets }) => targets.map(({ query }) => query)),
    );
    for (const { kind, signals } of machines)
      for (const { path: at, isArray, dataType } of signals) {
        if (isArray || NOT_DRAWN.has(dataType)) continue;
        expect(
          queries.some((query) => query.includes(`"${kind}"`) && query.includes(`'${at}'`)),
          `${kind} ${at}`,
        ).toBe(true);
      }
  });

  it.each(parsed.map((one) => [one.title, one] as const))(
    'every query of "%s" is answered by influxd',
    async (_, { panels, templating }) => {
      for (const { query } of templating.list) expect(await ask(query, 'brest-samples', '')).not.toEqual([]);
      const machine = (kind: string): string => machines.find((one) => one.kind === kind)?.id ?? '';
      for (const { title, targets } of panels)
        for (const { query, datasource, alias } of targets) {
          const kind = /FROM "([^"]+)"/.exec(query)?.[1] ?? '';
          const answer = await ask(query, datasource.uid, machine(kind));
          // Of these there are none in a healthy plant.
          if (/refused|gaps|backfill|not good/i.test(title)) continue;
          expect(answer, `${title}: ${alias ?? ''} ${query}`).not.toEqual([]);
        }
    },
  );

  async function ask(query: string, uid: string, machine: string): Promise<unknown[]> {
    const statement = query
      .replaceAll('$timeFilter', 'time >= now() - 15m AND time <= now()')
      .replaceAll('$__interval', '10s')
      .replaceAll('$machine', machine);
    const body = await influxd.query(statement, uid === 'brest-samples' ? 'brest' : 'brest-ledger');
    const { results, error } = JSON.parse(body) as {
      error?: string;
      results?: { error?: string; series?: unknown[] }[];
    };
    expect(error ?? results?.[0]?.error, statement).toBeUndefined();
    return results?.[0]?.series ?? [];
  }
});

/** A sample of every signal of the plant, as now. */
async function storeOneOfEach(influxd: Influxd, machines: readonly PrintedMachine[]): Promise<void> {
  const store = createInfluxStore({ config: { url: influxd.url } });
  await store.start();
  await store.openStream(STREAM);
  for (const [i, { id, kind, name, signals }] of machines.entries()) {
    const machine = `brest/${id}` as const;
    const catalogue: MachineCatalogue = {
      machine: {
        id: machine,
        kind,
        name: { en: name },
        provenance: 'simulated',
        assetPath: { enterprise: 'e', site: 'brest' },
      },
      signals: signals.map((signal) => ({
        ...signal,
        id: `${machine}/${signal.path}`,
        machine,
        name: { en: signal.path },
        nodeId: 'i=1',
      })),
    };
    const numbers = await store.putCatalogue(catalogue);
    const batch = createSampleBatch(signals.length * 2);
    for (const [k, { dataType, isArray }] of [...signals, ...signals].entries()) {
      batch.signal[k] = numbers[k % signals.length] ?? 0;
      batch.timeNs[k] = BigInt(Date.now() - (k < signals.length ? 60_000 : 30_000)) * 1_000_000n;
      const isText = dataType === 'String' || dataType === 'LocalizedText';
      setValue(
        batch,
        k,
        isArray ? { json: '[1]' } : isText ? 'Executing' : dataType === 'Boolean' ? true : k,
      );
    }
    batch.count = signals.length * 2;
    await store.append([{ kind: 'samples', stream: STREAM, sequence: i + 1, checksum: 1, machine, batch }]);
  }
  await store.stop();
}

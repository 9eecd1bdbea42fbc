/** Parts of a Grafana dashboard, classic model: @grafana/schema 13.2.3, `raw/dashboard/x`, schemaVersion 42. */

interface DataSource {
  readonly type: 'influxdb';
  readonly uid: string;
}

/** Samples; provisioned under these uids by dashboards/grafana/provisioning. */
export const SAMPLES: DataSource = { type: 'influxdb', uid: 'brest-samples' };
/** What the historian keeps beside the samples. */
export const LEDGER: DataSource = { type: 'influxdb', uid: 'brest-ledger' };

export interface Query {
  readonly query: string;
  readonly alias?: string;
  readonly format?: 'time_series' | 'table';
}

export interface PanelSpec {
  readonly title: string;
  readonly type: 'timeseries' | 'stat' | 'table' | 'state-timeline';
  readonly queries: readonly Query[];
  readonly source?: DataSource;
  /** Symbol as a machine gives it: `kW`, `°C`. */
  readonly unit?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly width?: number;
  readonly height?: number;
  readonly description?: string;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly query: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly [key: string]: unknown;
}

/** Units of ours in Grafana's words; others as a suffix. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  kW: 'kwatt',
  kWh: 'kwatth',
  W: 'watt',
  Wh: 'watth',
  V: 'volt',
  A: 'amp',
  Hz: 'hertz',
  '°C': 'celsius',
  '%': 'percent',
  bar: 'pressurebar',
  mbar: 'pressurembar',
  s: 's',
  ms: 'ms',
  h: 'h',
  min: 'm',
  'r/min': 'rotrpm',
  mm: 'lengthmm',
  m: 'lengthm',
  lx: 'lux',
  g: 'massg',
  kg: 'masskg',
  l: 'litre',
  'm³': 'm3',
  kVA: 'kvoltamp',
  kvar: 'kvoltampreact',
};

const COLUMNS = 24;

const unitOf = (symbol: string): string => GRAFANA_UNITS[symbol] ?? `suffix: ${symbol}`;

function panel(spec: PanelSpec, id: number, at: { readonly x: number; readonly y: number }): object {
  const {
    title,
    type,
    queries,
    source = SAMPLES,
    unit,
    min,
    max,
    width = 12,
    height = 8,
    description,
  } = spec;
  return {
    id,
    type,
    title,
    ...(description !== undefined && { description }),
    datasource: source,
    gridPos: { ...at, w: width, h: height },
    fieldConfig: {
      defaults: {
        ...(unit !== undefined && { unit: unitOf(unit) }),
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
      },
      overrides: [],
    },
    options: {},
    targets: queries.map(({ query, alias, format = 'time_series' }, i) => ({
      refId: String.fromCharCode(65 + (i % 26)) + (i < 26 ? '' : String(Math.floor(i / 26))),
      datasource: source,
      query,
      rawQuery: true,
      resultFormat: format,
      ...(alias !== undefined && { alias }),
    })),
  };
}

/** Panels from left to right, then the next row. */
function layOut(specs: readonly PanelSpec[]): object[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return specs.map((spec, i) => {
    const { width = 12, height = 8 } = spec;
    if (x + width > COLUMNS) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const placed = panel(spec, i + 1, { x, y });
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return placed;
  });
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly PanelSpec[];
  readonly variables?: readonly Variable[];
}

export function dashboard({ uid, title, panels, variables = [] }: DashboardSpec): Dashboard {
  return {
    uid,
    title,
    schemaVersion: 42,
    tags: ['brest'],
    timezone: 'browser',
    editable: false,
    graphTooltip: 1,
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    annotations: { list: [] },
    links: [
      {
        title: 'Brest',
        type: 'dashboards',
        tags: ['brest'],
        icon: 'external link',
        tooltip: '',
        asDropdown: true,
        includeVars: false,
        keepTime: true,
        targetBlank: false,
      },
    ],
    templating: {
      list: variables.map(({ name, label, query }) => ({
        name,
        label,
        query,
        type: 'query',
        datasource: SAMPLES,
        refresh: 1,
        includeAll: false,
        multi: false,
        sort: 1,
      })),
    },
    panels: layOut(panels),
  };
}

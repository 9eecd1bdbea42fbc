import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { spawnUntilReady } from '../support/spawned-process.ts';
import type { SpawnedProcess } from '../support/spawned-process.ts';

const PACKAGES = ['node-red@5.0.7', '@flowfuse/node-red-dashboard@1.31.0'];
export const NODE_RED_NAME = 'Node-RED 5.0.7 with Dashboard 1.31.0';

/** A value on the page, by its topic of the plain view. */
export interface ShownTopic {
  readonly topic: string;
  readonly name: string;
}

export interface NodeRedOptions {
  /** Where npm installs it, once: nothing of it is a dependency of the project. */
  readonly installDir: string;
  /** For this run's flows and settings; made. */
  readonly dir: string;
  readonly mqtt: { readonly host: string; readonly port: number; readonly password: string };
  /** Each chart's lines. */
  readonly charts: readonly (readonly ShownTopic[])[];
  readonly values: readonly ShownTopic[];
}

/** Installs what is not there; throws with npm's words where it cannot be had. */
export async function installNodeRed(installDir: string): Promise<void> {
  if (existsSync(path.join(installDir, 'node_modules/@flowfuse/node-red-dashboard/package.json'))) return;
  await mkdir(installDir, { recursive: true });
  await writeFile(path.join(installDir, 'package.json'), '{"private":true}\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...PACKAGES];
  const npm = spawn('npm', args, { cwd: installDir, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  npm.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const [code] = (await once(npm, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`npm install ended with ${code}: ${said.trim().split('\n').at(-1) ?? ''}`);
}

/** Node-RED without its editor, showing these values on one page of its Dashboard 2. */
export async function startNodeRed(
  options: NodeRedOptions,
): Promise<{ readonly process: SpawnedProcess; readonly pageUrl: string }> {
  const { dir, installDir, mqtt } = options;
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const settings = {
    uiPort: port,
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    httpAdminRoot: false,
    credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    logging: { console: { level: 'info', metrics: false, audit: false } },
  };
  await writeFile(path.join(dir, 'settings.cjs'), `module.exports = ${JSON.stringify(settings)};\n`);
  await writeFile(path.join(dir, 'flows.json'), JSON.stringify(flowsOf(options)));
  const secret = { broker: { user: 'observer', password: mqtt.password } };
  await writeFile(path.join(dir, 'flows_cred.json'), JSON.stringify(secret));
  const red = await spawnUntilReady(process.execPath, {
    args: [
      path.join(installDir, 'node_modules/node-red/red.js'),
      '--userDir',
      dir,
      '--settings',
      path.join(dir, 'settings.cjs'),
    ],
    isReady: (line) => line.includes('Started flows'),
  });
  return { process: red, pageUrl: `http://127.0.0.1:${port}/dashboard/plant` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const VISIBLE = { className: '', visible: 'true', disabled: 'false' };
const PARTS = [
  { id: 'tab', type: 'tab', label: 'Plant', disabled: false },
  {
    id: 'base',
    type: 'ui-base',
    name: 'Plant',
    path: '/dashboard',
    includeClientData: false,
    acceptsClientConfig: [],
    showPathInSidebar: false,
    navigationStyle: 'none',
  },
  {
    id: 'theme',
    type: 'ui-theme',
    name: 'Light',
    colors: { surface: '#fff', primary: '#0094ce', bgPage: '#eee', groupBg: '#fff', groupOutline: '#ccc' },
    sizes: {
      density: 'default',
      pagePadding: '8px',
      groupGap: '4px',
      groupBorderRadius: '2px',
      widgetGap: '4px',
    },
  },
  {
    id: 'page',
    type: 'ui-page',
    name: 'Plant',
    ui: 'base',
    path: '/plant',
    icon: 'home',
    layout: 'grid',
    theme: 'theme',
    order: 1,
    breakpoints: [{ name: 'Default', px: '0', cols: '12' }],
    ...VISIBLE,
  },
];
const GROUP = {
  type: 'ui-group',
  page: 'page',
  width: '12',
  height: '1',
  showTitle: false,
  groupType: 'default',
  ...VISIBLE,
};
const BROKER = {
  type: 'mqtt-broker',
  name: '',
  clientid: '',
  autoConnect: true,
  usetls: false,
  protocolVersion: '4',
  keepalive: '60',
  cleansession: true,
};
const SUBSCRIPTION = {
  type: 'mqtt in',
  z: 'tab',
  name: '',
  qos: '0',
  datatype: 'json',
  broker: 'broker',
  nl: false,
  rap: true,
  rh: 0,
  inputs: 0,
};
const TEXT = {
  type: 'ui-text',
  z: 'tab',
  group: 'values',
  width: '2',
  height: '1',
  name: '',
  format: '{{msg.payload}}',
  layout: 'row-spread',
  style: false,
  wrapText: false,
  className: '',
  value: 'payload',
  valueType: 'msg',
  wires: [],
};
const CHART = {
  type: 'ui-chart',
  z: 'tab',
  group: 'charts',
  width: '3',
  height: '4',
  name: '',
  chartType: 'line',
  category: 'topic',
  categoryType: 'msg',
  xAxisLabel: '',
  xAxisProperty: '',
  xAxisPropertyType: 'timestamp',
  xAxisType: 'time',
  xAxisFormat: '',
  xAxisFormatType: 'auto',
  yAxisLabel: '',
  yAxisProperty: 'payload',
  yAxisPropertyType: 'msg',
  ymin: '',
  ymax: '',
  bins: 10,
  action: 'append',
  stackSeries: false,
  pointShape: 'false',
  pointRadius: 0,
  showLegend: true,
  removeOlder: '10',
  removeOlderUnit: '60',
  removeOlderPoints: '',
  interpolation: 'step',
  className: '',
  colors: ['#0095ff', '#ff0000', '#ff7f0e', '#2ca02c'],
  textColorDefault: true,
  gridColorDefault: true,
  wires: [],
};

function flowsOf({ mqtt, charts, values }: NodeRedOptions): object[] {
  return [
    ...PARTS,
    { ...GROUP, id: 'charts', name: 'charts', order: 1 },
    { ...GROUP, id: 'values', name: 'values', order: 2 },
    { ...BROKER, id: 'broker', broker: mqtt.host, port: String(mqtt.port) },
    ...charts.flatMap((lines, i) => [
      { ...CHART, id: `chart${i}`, label: `Chart ${i}`, order: i },
      ...lines.flatMap((line, n) => reader(`c${i}-${n}`, line, `chart${i}`)),
    ]),
    ...values.flatMap((value, i) => [
      { ...TEXT, id: `text${i}`, label: value.name, order: i },
      ...reader(`v${i}`, value, `text${i}`),
    ]),
  ];
}

/** A subscription, and what takes the value out of its message. */
const reader = (id: string, { topic, name }: ShownTopic, to: string): object[] => [
  { ...SUBSCRIPTION, id: `${id}-in`, topic, wires: [[`${id}-value`]] },
  {
    id: `${id}-value`,
    type: 'change',
    z: 'tab',
    name: '',
    rules: [
      { t: 'set', p: 'payload', pt: 'msg', to: 'payload.value', tot: 'msg' },
      { t: 'set', p: 'topic', pt: 'msg', to: name, tot: 'str' },
    ],
    wires: [[to]],
  },
];

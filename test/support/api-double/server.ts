import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { ClientMessage } from '#contracts/live.ts';
import type { PipelineView } from '#contracts/api/pipeline.ts';
import { DoubleAlarms } from './alarms.ts';
import { qualityView } from './quality.ts';
import { SECURITY_HEADERS } from '../../../services/api/http/security-headers.ts';
import { passportView } from './passport.ts';
import { DOUBLE_MACHINES, doubleSignals } from './plant.ts';
import { DoubleSession } from './session.ts';
import { auditView, healthView, startedMs } from './books.ts';
import { Trouble } from './trouble.ts';

/**
 * A stand-in for the API that speaks its routes and its live protocol over invented curves, so that the screens can
 * be developed and their behaviour on faults tested without the plant. Not the product's server. Run:
 * `node test/support/api-double/server.ts [port] [brest]`.
 */
const DIST = fileURLToPath(new URL('../../../dashboards/dist/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

const signals = DOUBLE_MACHINES.flatMap(({ id, kind }) => doubleSignals(id, kind));
const numberOf = new Map(signals.map((signal, i) => [signal.id, i + 1]));
const bySignal = new Map(signals.map((signal, i) => [signal.id, { ...signal, seed: i + 1 }]));
const alarms = new DoubleAlarms();
const trouble = new Trouble(alarms);
const session = new DoubleSession();
type Known = NonNullable<ReturnType<typeof bySignal.get>>;

/** The curve of a signal: the same at any time it is asked for, so that history and live agree. */
function valueAt(signal: Known, timeMs: number): number | string | boolean {
  const s = timeMs / 1000;
  const cycle = (s / 90 + signal.seed * 0.37) % 1;
  if (signal.dataType === 'LocalizedText') return cycle < 0.7 ? 'Executing' : 'NotExecuting';
  if (signal.dataType === 'String') return `PRG-${1000 + (Math.floor(s / 90) % 12)}`;
  if (signal.dataType === 'Boolean') return cycle < 0.6;
  if (signal.dataType === 'Enumeration') return cycle < 0.7 ? 1 : 0;
  if (!signal.range) return Math.floor((s - 1.7e9) / (signal.unit?.code === 'SEC' ? 1 : 40)) + signal.seed;
  const { low, high } = signal.range;
  const noise = Math.sin(s * 7.3 + signal.seed) * Math.sin(s * 3.1) * 0.006;
  const wave =
    0.45 + 0.12 * Math.sin(s / 37 + signal.seed) + (cycle < 0.7 ? 0.15 : -0.1) * Math.min(1, cycle * 12);
  const value = low + (high - low) * (wave + noise);
  return /Int/.test(signal.dataType) ? Math.round(value) : value;
}
const statusAt = (signal: Known, timeMs: number): number =>
  (trouble.offlineSince(signal.machine) ?? Infinity) <= timeMs ||
  (signal.seed % 9 === 0 && Math.floor(timeMs / 20_000) % 6 === 0)
    ? 0x8031_0000
    : 0;

const RETIRED = 'brest/oven-01';
const UNREACHABLE =
  'opc.tcp://10.0.0.5:4840 cannot be reached (ECONNREFUSED). Check that the machine is on and in the network.';

function machinesView(): unknown {
  const now = new Date().toISOString();
  return DOUBLE_MACHINES.map(({ id, kind, provenance, area, line, name }) => ({
    id,
    kind,
    provenance,
    name,
    assetPath: { enterprise: 'Brest Technopark', site: 'brest', area, line },
    state: id === RETIRED || trouble.offlineSince(id) !== undefined ? 'offline' : 'online',
    edgeAgent: 'brest/edge-1',
    connected: id !== RETIRED && trouble.offlineSince(id) === undefined,
    stale: id === RETIRED || trouble.offlineSince(id) !== undefined,
    ...(trouble.offlineSince(id) === undefined
      ? {}
      : { detail: UNREACHABLE, problem: { code: 'ECONNREFUSED', endpoint: 'opc.tcp://10.0.0.5:4840' } }),
    retired: id === RETIRED,
    signals: doubleSignals(id, kind).length,
    lastSampleAt: now,
    lastAliveAt: now,
  }));
}

function columnsBody(query: URLSearchParams): Buffer {
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  const points = Number(query.get('maxPoints') ?? 500);
  const step = Math.max(1000, (to - from) / points);
  const columns: number[] = [];
  const items = query.getAll('signal').map((id) => {
    const signal = bySignal.get(id);
    const times: number[] = [];
    for (let t = Math.ceil(from / step) * step; t < to; t += step) times.push(t);
    const values = times.map((t) => {
      const value = signal && statusAt(signal, t) === 0 ? valueAt(signal, t) : NaN;
      return typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : NaN;
    });
    columns.push(...times, ...values, ...times.map((t) => (signal ? statusAt(signal, t) : 0)));
    return { signal: id, mode: 'raw', count: times.length, columns: ['t', 'value', 'statusCode'] };
  });
  const gap = {
    from: new Date(to - 240_000).toISOString(),
    to: new Date(to - 200_000).toISOString(),
    cause: 'connection-lost',
  };
  const header = { from: '', to: '', items, gaps: to - from > 500_000 ? [gap] : [] };
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - ((4 + json.length) % 8)) % 8, 32)]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(padded.length);
  return Buffer.concat([length, padded, Buffer.from(new Float64Array(columns).buffer)]);
}

function pipelineView(): PipelineView {
  const now = Date.now();
  const stepMs = 2_500;
  const toMs = Math.floor(now / stepMs) * stepMs;
  const machines = DOUBLE_MACHINES.filter(({ id }) => id !== RETIRED).map(({ id, kind }) => ({
    id: id.split('/')[1] ?? '',
    state: 'online' as const,
    aliveMs: 240,
    items: doubleSignals(id, kind).length,
    failedItems: 0,
  }));
  const journal = {
    head: 81_262,
    tail: 81_234,
    bytes: 4_200_000,
    limitBytes: 2e9,
    oldestUnacknowledgedMs: 84,
  };
  const counts = { produced: 18_400_000, journaled: 18_400_000, discarded: 0, declaredLost: 0 };
  const notRead = { gaps: 2, totalMs: 720_000 };
  return {
    agents: [
      {
        agent: 'brest/edge-1',
        online: true,
        heardAt: new Date(now).toISOString(),
        health: { journal, machines, ...counts },
      },
    ],
    ingest: {
      connectedToBroker: true,
      messages: 912,
      samples: 18_400_000,
      duplicates: 3,
      rejected: 12,
      pending: 2,
      lagMs: 61,
    },
    store: {
      samples: 18_400_000,
      bytesOnDisk: 312e6,
      quotaBytes: 20e9,
      daysLeft: 41.4,
      retentionDays: 90,
      writable: true,
    },
    api: { browsers: 1 },
    rate: {
      to: new Date(toMs).toISOString(),
      stepMs,
      values: Array.from({ length: 239 }, (_, i) => 900 + 60 * Math.sin((toMs / stepMs - 239 + i) / 9)),
    },
    notRead: { ...notRead, byMachine: { 'brest/pump-01': notRead } },
  };
}

function gapsOf(query: URLSearchParams): unknown {
  const to = Date.now();
  const old = {
    from: new Date(to - 240_000).toISOString(),
    to: new Date(to - 200_000).toISOString(),
    cause: 'connection-lost',
  };
  return [old, ...trouble.gaps.filter(({ machine }) => machine === query.get('machine'))];
}

function passportOf(query: URLSearchParams): unknown {
  const signal = bySignal.get(query.get('signal') ?? '');
  if (!signal) return undefined;
  const now = Date.now();
  const statusCode = statusAt(signal, now);
  const { seed, ...shown } = signal;
  const value = statusCode === 0 ? valueAt(signal, now) : null;
  return passportView({ ...shown, value, statusCode, sourceTimestamp: null }, now, seed % 2 === 0);
}

function api(path: string, query: URLSearchParams, response: ServerResponse): void {
  const json = (body: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  const match = /^\/machines\/([^/]+\/[^/]+)\/signals$/.exec(path);
  const quality = /^\/machines\/([^/]+\/[^/]+)\/quality$/.exec(path);
  if (path === '/machines') json({ items: machinesView() });
  else if (match)
    json({
      items: signals
        .filter((signal) => signal.machine === match[1])
        .map((signal) => ({ ...signal, value: null, statusCode: 0x8032_0000, sourceTimestamp: null })),
    });
  else if (path === '/samples') response.end(columnsBody(query));
  else if (path === '/audit/streams') json({ items: auditView() });
  else if (path === '/health') json(healthView());
  else if (path === '/pipeline') json(pipelineView());
  else if (path === '/alarms') json({ items: alarms.standing() });
  else if (path === '/events') json(alarms.events(query));
  else if (quality)
    json(
      qualityView(
        quality[1] ?? '',
        signals.filter(({ machine }) => machine === quality[1]),
        query,
      ),
    );
  else if (path === '/passport') json(passportOf(query));
  else if (path === '/gaps') json({ items: gapsOf(query) });
  else if (path === '/dead-letters')
    json({
      items: [
        {
          id: 1,
          receivedAt: new Date(startedMs).toISOString(),
          topic: 'spBv1.0/brest/DDATA/edge-1/cnc-01',
          code: 'SPARKPLUG_MALFORMED',
          reason: 'byte 12 opens a field that ends behind the payload',
          samples: 12,
          payloadBytes: 40,
          payload: '',
        },
      ],
    });
  else {
    response.statusCode = 404;
    json({ code: 'NOT_FOUND', title: 'No such resource', status: 404, type: 'about:blank' });
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://double');
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (trouble.handle(url.pathname, url.searchParams)) {
    response.end();
    return;
  }
  if (session.handle(url.pathname.slice(7), request, response)) return;
  if (url.pathname.startsWith('/api/v1')) return api(url.pathname.slice(7), url.searchParams, response);
  const file = extname(url.pathname) === '' ? 'index.html' : url.pathname;
  try {
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(await readFile(join(DIST, file)));
  } catch {
    response.statusCode = 404;
    response.end();
  }
}

function converse(socket: WebSocket): void {
  const wanted = new Map<number, { numbers: number[]; rate: number; nextMs: number; snap: boolean }>();
  let frame = 0;
  let unacknowledged = 0;
  let lastSentMs = 0;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as ClientMessage;
    if ('a' in message) unacknowledged = Math.max(0, frame - message.a);
    else if ('unsub' in message) wanted.delete(message.unsub);
    else if ('sub' in message) {
      const numbers = message.tags.flatMap((tag) => numberOf.get(tag) ?? []);
      wanted.set(message.sub, { numbers, rate: message.rate, nextMs: 0, snap: true });
      const ids = numbers.map((n) => [
        n,
        signals[n - 1]?.id,
        signals[n - 1]?.unit?.symbol ?? '',
        signals[n - 1]?.machine,
      ]);
      socket.send(
        JSON.stringify({
          dict: message.sub,
          ids,
          unknown: message.tags.filter((tag) => !numberOf.has(tag)),
          epoch: String(startedMs),
        }),
      );
    }
  });
  const timer = setInterval(() => {
    const t = Date.now();
    const due = [...wanted].filter(([, sub]) => sub.nextMs <= t);
    if (unacknowledged >= 2 || (due.length === 0 && t - lastSentMs < 450)) return;
    const i = due.flatMap(([, sub]) => sub.numbers);
    const known = i.map((n) => bySignal.get(signals[n - 1]?.id ?? ''));
    const status = known.map((signal) => (signal ? statusAt(signal, t) : 0));
    const v = known.map((signal, n) => (signal && status[n] === 0 ? valueAt(signal, t) : null));
    const snap = due.filter(([, sub]) => sub.snap).map(([number]) => number);
    for (const [, sub] of due) {
      sub.nextMs = t + 1000 / sub.rate;
      sub.snap = false;
    }
    frame += 1;
    unacknowledged += 1;
    lastSentMs = t;
    socket.send(
      JSON.stringify({
        f: frame,
        t,
        i,
        v,
        d: i.map(() => -20),
        q: status,
        ...(snap.length > 0 ? { snap } : {}),
        stale: { ...trouble.stale(t), [RETIRED]: 86_400_000 },
      }),
    );
  }, 50);
  const unlisten = trouble.listen((message) => socket.send(message));
  socket.on('close', () => {
    clearInterval(timer);
    unlisten();
  });
}

const server = createServer((request, response) => void serve(request, response));
new WebSocketServer({ server, path: '/api/v1/live' }).on('connection', converse);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(
    `${JSON.stringify({ ready: true, port: typeof address === 'object' ? address?.port : undefined })}\n`,
  );
});

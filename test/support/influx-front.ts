/**
 * Answers as InfluxDB 2.x or 3.x do, with a real influxd 1.x behind that stores and reads: their HTTP interface is taken from
 * the documentation (each answer with its source), so what is tested against it is documented, not proven.
 *
 * 2.x: docs.influxdata.com/influxdb/v2/api/ and .../v2/write-data/troubleshoot/
 * 3.x: docs.influxdata.com/influxdb3/core/api/ and .../core/write-data/troubleshoot/
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export const FRONT_TOKEN = 'front-token';
const FRONT_ORG = 'plant-org';

export interface FrontAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface InfluxFront {
  readonly url: string;
  /** Set to answer writes otherwise: `undefined` lets the write through. */
  onWrite: ((lines: readonly string[], database: string) => FrontAnswer | undefined) | undefined;
  /** What was written, in requests. */
  readonly writes: number;
  readonly close: () => Promise<void>;
}

interface Call {
  readonly url: URL;
  readonly method: string;
  readonly authorization: string;
  readonly body: Buffer;
}

interface Face {
  readonly ping: FrontAnswer;
  readonly scheme: string;
  readonly bodyLimit: number;
  /** Of requests that are neither ping, query nor write. */
  readonly administer: (call: Call, behind: Behind) => Promise<FrontAnswer>;
  /** The answer to a write that influxd 1.x answered with `status` and `error`. */
  readonly written: (status: number, error: string, lines: readonly string[]) => FrontAnswer;
}

const json = (status: number, value: unknown): FrontAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** The influxd that stores. */
class Behind {
  readonly #url: string;
  /** Buckets with their retention, s. */
  readonly databases = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
  }

  async create(name: string, everySeconds: number): Promise<void> {
    const duration = everySeconds === 0 ? 'INF' : `${everySeconds}s`;
    const q = `CREATE DATABASE "${name}" WITH DURATION ${duration} SHARD DURATION 24h NAME "autogen"`;
    const response = await fetch(`${this.#url}/query`, { method: 'POST', body: new URLSearchParams({ q }) });
    const text = await response.text();
    if (text.includes('error')) throw new Error(text);
    this.databases.set(name, everySeconds);
  }

  async forward({ url, body }: Call, path: string): Promise<{ status: number; text: string }> {
    const contentType = path === '/query' ? 'application/x-www-form-urlencoded' : 'text/plain';
    const response = await fetch(`${this.#url}${path}?${url.searchParams.toString()}`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': contentType },
    });
    return { status: response.status, text: await response.text() };
  }
}

const errorIn = (text: string): string =>
  text === '' ? '' : String((JSON.parse(text) as { error?: unknown }).error);

const VERSION_2: Face = {
  // "GET /ping": 204 with X-Influxdb-Build and X-Influxdb-Version.
  ping: { status: 204, headers: { 'x-influxdb-version': 'v2.7.12', 'x-influxdb-build': 'OSS' } },
  scheme: 'Token',
  bodyLimit: 50_000_000,
  administer: async ({ url, method, body }, behind) => {
    if (url.pathname === '/api/v2/orgs')
      return json(200, {
        orgs: url.searchParams.get('org') === FRONT_ORG ? [{ id: '0a', name: FRONT_ORG }] : [],
      });
    if (url.pathname !== '/api/v2/buckets')
      return json(404, { code: 'not found', message: 'path not found' });
    const bucketOf = (name: string): object => ({
      id: name,
      name,
      retentionRules: [{ type: 'expire', everySeconds: behind.databases.get(name) ?? 0 }],
    });
    if (method === 'GET') {
      const name = url.searchParams.get('name') ?? '';
      return json(200, { buckets: behind.databases.has(name) ? [bucketOf(name)] : [] });
    }
    const order = JSON.parse(body.toString()) as {
      name: string;
      orgID: string;
      retentionRules: { everySeconds: number }[];
    };
    if (order.orgID !== '0a') return json(404, { code: 'not found', message: 'organization not found' });
    await behind.create(order.name, order.retentionRules[0]?.everySeconds ?? 0);
    return json(201, bucketOf(order.name));
  },
  // "400: malformed", "404: bucket not found", "422: unprocessable, e.g. outside of the retention or a type conflict".
  written: (status, error) => {
    if (status === 204) return { status: 204 };
    if (status === 404) return json(404, { code: 'not found', message: error });
    const isPartial = /retention|conflict/.test(error);
    return isPartial
      ? json(422, { code: 'unprocessable entity', message: error })
      : json(400, { code: 'invalid', message: error });
  },
};

const VERSION_3: Face = {
  // "GET /ping": 200 with version in headers and body.
  ping: {
    status: 200,
    headers: { 'x-influxdb-version': '3.4.1', 'x-influxdb-build': 'Core' },
    body: '{"version":"3.4.1","revision":"a","process_id":"b"}',
  },
  scheme: 'Bearer',
  bodyLimit: 10_000_000,
  administer: async ({ url, body }, behind) => {
    if (url.pathname !== '/api/v3/configure/database') return json(404, { error: 'not found' });
    const { db, retention_period: period } = JSON.parse(body.toString()) as {
      db: string;
      retention_period?: string;
    };
    if (behind.databases.has(db))
      return json(409, { error: 'attempted to create a resource that already exists' });
    if (behind.databases.size >= 1_000)
      return json(422, { error: 'adding a new database would exceed limit' });
    await behind.create(db, period === undefined ? 0 : Number(period.replace('h', '')) * 3_600);
    return { status: 200 };
  },
  // "400: the partial write of line protocol occurred", with a row for each line refused; the good ones are stored.
  written: (status, error, lines) => {
    if (status === 204) return { status: 204 };
    if (status === 404) return json(404, { error });
    return json(400, {
      error: 'partial write of line protocol occurred',
      data: [{ original_line: lines[0], line_number: 1, error_message: error }],
    });
  },
};

export async function startInfluxFront(generation: 2 | 3, influxdUrl: string): Promise<InfluxFront> {
  const face = generation === 2 ? VERSION_2 : VERSION_3;
  const behind = new Behind(influxdUrl);
  const state: { onWrite: InfluxFront['onWrite']; writes: number } = { onWrite: undefined, writes: 0 };
  const server = createServer((request, response) => void handle(request, response, { face, behind, state }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    url,
    close,
    get writes() {
      return state.writes;
    },
    get onWrite() {
      return state.onWrite;
    },
    set onWrite(handler) {
      state.onWrite = handler;
    },
  };
}

interface Front {
  readonly face: Face;
  readonly behind: Behind;
  readonly state: { readonly onWrite: InfluxFront['onWrite']; writes: number };
}

async function handle(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const url = new URL(request.url ?? '/', 'http://front');
  const call = {
    url,
    method: request.method ?? 'GET',
    authorization: request.headers.authorization ?? '',
    body,
  };
  const { status, headers = {}, body: text = '' } = await answer(call, front);
  response.writeHead(status, headers).end(text);
}

async function answer(call: Call, { face, behind, state }: Front): Promise<FrontAnswer> {
  const { url, body } = call;
  if (url.pathname === '/ping') return face.ping;
  if (call.authorization !== `${face.scheme} ${FRONT_TOKEN}`)
    return json(401, { code: 'unauthorized', message: 'unauthorized access' });
  if (url.pathname === '/query') {
    const { status, text } = await behind.forward(call, '/query');
    return { status, body: text };
  }
  if (url.pathname !== '/api/v2/write') return await face.administer(call, behind);
  state.writes += 1;
  const database = url.searchParams.get('bucket') ?? '';
  const lines = body.toString().split('\n');
  const other = state.onWrite?.(lines, database);
  if (other) return other;
  if (body.length > face.bodyLimit)
    return json(413, { code: 'request too large', message: 'request too large' });
  url.searchParams.set('db', database);
  const { status, text } = await behind.forward(call, '/write');
  return face.written(status, errorIn(text), lines);
}

export const frontConfig = (front: InfluxFront): { readonly url: string; readonly org: string } => ({
  url: front.url,
  org: FRONT_ORG,
});

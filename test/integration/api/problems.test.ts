import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEMS, problemSchema, type Problem, type ProblemCode } from '#contracts/problems.ts';
import { ApiFixture } from '../../support/api-fixture.ts';

/** The same thing asked in every wrong way. Each row must be answered with its code. */
const CASES: readonly (readonly [title: string, code: ProblemCode, path: string, method?: string])[] = [
  ['a path that is none', 'NOT_FOUND', '/api/v1/nothing'],
  ['an API version that is none', 'NOT_FOUND', '/api/v2/machines'],
  ['an asset that is none', 'NOT_FOUND', '/assets/nothing-12345678.js'],
  ['a machine nobody has', 'MACHINE_UNKNOWN', '/api/v1/machines/brest/nobody'],
  ['signals of a machine nobody has', 'MACHINE_UNKNOWN', '/api/v1/machines/brest/nobody/signals'],
  ['latest of a machine nobody has', 'MACHINE_UNKNOWN', '/api/v1/latest?machine=brest/nobody'],
  ['a machine id that cannot be one', 'BAD_PARAMETER', '/api/v1/machines/brest/CNC%2001'],
  ['a machine parameter that is a signal', 'BAD_PARAMETER', '/api/v1/latest?machine=brest/pump-01/P'],
  ['no signal', 'BAD_PARAMETER', '/api/v1/samples'],
  ['a signal that cannot be one', 'BAD_PARAMETER', '/api/v1/samples?signal=P'],
  ['51 signals', 'BAD_PARAMETER', `/api/v1/samples?${'signal=brest/pump-01/P&'.repeat(51)}`],
  ['a signal nobody has', 'SIGNAL_UNKNOWN', '/api/v1/samples?signal=brest/pump-01/Q'],
  ['one of two signals unknown', 'SIGNAL_UNKNOWN', '/api/v1/export?signal=brest/pump-01/P&signal=brest/x/y'],
  ['no time', 'BAD_PARAMETER', '/api/v1/samples?signal=brest/pump-01/P&from=yesterday'],
  [
    'a time beyond int64',
    'BAD_PARAMETER',
    '/api/v1/samples?signal=brest/pump-01/P&from=2300-01-01T00:00:00Z',
  ],
  ['a month 13', 'BAD_PARAMETER', '/api/v1/samples?signal=brest/pump-01/P&from=2026-13-01T00:00:00Z'],
  [
    'a range that runs backwards',
    'RANGE_INVALID',
    '/api/v1/samples?signal=brest/pump-01/P&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  ],
  [
    'a range of a century',
    'RANGE_INVALID',
    '/api/v1/export?signal=brest/pump-01/P&from=1900-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
  ],
  ['too many points', 'BAD_PARAMETER', '/api/v1/samples?signal=brest/pump-01/P&maxPoints=1000000'],
  ['half a point', 'BAD_PARAMETER', '/api/v1/samples?signal=brest/pump-01/P&maxPoints=0.5'],
  ['a format nobody writes', 'BAD_PARAMETER', '/api/v1/export?signal=brest/pump-01/P&format=xls'],
  ['a cursor of another list', 'BAD_PARAMETER', '/api/v1/machines?cursor=nobody'],
  ['a cursor that is no number', 'BAD_PARAMETER', '/api/v1/latest?cursor=x'],
  ['a percent sign alone', 'BAD_PARAMETER', '/api/v1/machines/%'],
  ['a page beyond the limit', 'BAD_PARAMETER', '/api/v1/dead-letters?limit=100000'],
  ['writing where there is only reading', 'METHOD_NOT_ALLOWED', '/api/v1/machines', 'POST'],
  ['deleting a machine', 'METHOD_NOT_ALLOWED', '/api/v1/machines/brest/pump-01', 'DELETE'],
  ['writing a page', 'METHOD_NOT_ALLOWED', '/machines', 'PUT'],
  ['the live channel without a WebSocket', 'UPGRADE_REQUIRED', '/api/v1/live'],
];

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start({ maxQueries: 1, maxWaitingQueries: 1 });
  await api.addMachine('pump-01', ['P']);
});
afterEach(() => api.stop());

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.strict().parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(PROBLEMS[problem.code as ProblemCode]).toEqual({ status: problem.status, title: problem.title });
  return problem;
}

describe('what is asked wrongly is answered with its code', () => {
  test.each(CASES)('%s: %s', async (_title, code, path, method = 'GET') => {
    const response = await fetch(`${api.url}${path}`, { method, ...(method === 'GET' ? {} : { body: 'x' }) });
    const problem = await problemOf(response);
    expect(problem.code).toBe(code);
    expect(problem.detail?.length).toBeGreaterThan(10);
    if (code === 'METHOD_NOT_ALLOWED') expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('every wrong parameter is named at once', async () => {
    const problem = await problemOf(await api.get('/api/v1/samples?signal=P&from=x&maxPoints=0'));
    expect(problem.errors?.map(({ path }) => path)).toEqual(['signal.0', 'from', 'maxPoints']);
  });
});

describe('what the server cannot do is answered with its code', () => {
  test('a store that does not answer: 503 and when to come again', async () => {
    api.store.problem = 'dead disk /secret/path';
    const response = await api.get('/api/v1/samples?signal=brest/pump-01/P');
    const problem = await problemOf(response);
    expect(problem.code).toBe('STORE_UNAVAILABLE');
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(response.headers.get('retry-after')).toBe('1');
  });

  test('a mistake of the server: 500 without its inner words', async () => {
    api.store.audit = () => Promise.reject(new TypeError('undefined is not a secret'));
    const problem = await problemOf(await api.get('/api/v1/audit/streams'));
    expect(problem.code).toBe('INTERNAL');
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  test('more queries than may run and wait: 429, and those accepted are answered', async () => {
    const { store } = api;
    const count = store.countSamples.bind(store);
    const gate = Promise.withResolvers<void>();
    store.countSamples = async (...query) => {
      await gate.promise;
      return count(...query);
    };
    const url = '/api/v1/samples?signal=brest/pump-01/P';
    const accepted = [api.get(url), api.get(url)];
    const refused = await Promise.race([...accepted, api.get(url), api.get(url)]);
    expect((await problemOf(refused)).code).toBe('TOO_MANY_REQUESTS');
    gate.resolve();
    const statuses = (await Promise.all(accepted)).map(({ status }) => status);
    expect(statuses).toContain(200);
  });

  test('a query does not wait for exports that nobody reads', async () => {
    const { store } = api;
    const samples = Promise.withResolvers<never[]>();
    store.samples = () => samples.promise;
    const exports = Array.from({ length: 8 }, () => api.get('/api/v1/export?signal=brest/pump-01/P'));
    await Promise.all(exports);
    expect((await api.get('/api/v1/gaps')).status).toBe(200);
    samples.resolve([]);
    for (const one of exports) expect(await (await one).text()).toMatch(/^signal,sourceTimestamp/);
  });

  test('a name that is not ours is refused, for pages too', async () => {
    for (const path of ['/api/v1/machines', '/']) {
      const request = http.get(`${api.url}${path}`, { headers: { host: 'evil.test' } });
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      expect(problemSchema.parse(await json(answer)).code).toBe('HOST_REFUSED');
    }
  });

  test('headers beyond the limit, and what is no HTTP', async () => {
    const long = await api.get(`/api/v1/samples?signal=${'x'.repeat(70_000)}`);
    expect((await problemOf(long)).code).toBe('HEADERS_TOO_LARGE');
    const socket = connectSocket(api.port, '127.0.0.1');
    socket.write('no http at all\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_PARAMETER"/);
  });
});

interface Operation {
  readonly responses: Record<
    string,
    { content?: Record<string, { schema: { properties?: { code?: { enum?: string[] } } } }> }
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

describe('the codes of problems', () => {
  async function documented(): Promise<Set<string>> {
    const document = (await (await api.get('/api/v1/openapi.json')).json()) as Document;
    const codes = Object.values(document.paths)
      .flatMap((path) => Object.values(path))
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap(({ content }) => content?.['application/problem+json']?.schema.properties?.code?.enum ?? []);
    return new Set(codes);
  }

  test('are all documented, but those of the live channel and of bodies, which contracts/live.ts has', async () => {
    expect([...(await documented())].sort()).toEqual(
      Object.keys(PROBLEMS)
        .filter((code) => code !== 'TOO_LARGE' && code !== 'NOT_FOUND')
        .sort(),
    );
  });

  test('are all explained to the reader of the document', async () => {
    const { info } = (await (await api.get('/api/v1/openapi.json')).json()) as {
      info: { description: string };
    };
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      expect(info.description).toContain(`\`${code}\` (${status}): ${title}`);
    }
  });

  test('are none dead: each is answered in a test of this folder', () => {
    const proofs = ['problems.test.ts', 'live.test.ts', 'access.test.ts', 'acknowledge.test.ts']
      .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
      .map((text) => text.replace(/describe\('the codes of problems'[\s\S]*/, ''));
    const unproven = Object.keys(PROBLEMS).filter(
      (code) => !proofs.some((text) => text.includes(`'${code}'`)),
    );
    expect(unproven).toEqual([]);
  });
});

describe('the document', () => {
  test('has every route with its parameters, and repeated signals as an array', async () => {
    const document = (await (await api.get('/api/v1/openapi.json')).json()) as Document & {
      paths: Record<string, { get: { parameters?: { name: string; schema: { type?: string } }[] } }>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/alarms',
      '/api/v1/alarms/{id}/acknowledge',
      '/api/v1/alarms/{id}/confirm',
      '/api/v1/alarms/{id}/shelve',
      '/api/v1/alarms/{id}/unshelve',
      '/api/v1/audit/actions',
      '/api/v1/audit/streams',
      '/api/v1/dead-letters',
      '/api/v1/events',
      '/api/v1/export',
      '/api/v1/gaps',
      '/api/v1/health',
      '/api/v1/latest',
      '/api/v1/live',
      '/api/v1/machines',
      '/api/v1/machines/{site}/{machine}',
      '/api/v1/machines/{site}/{machine}/quality',
      '/api/v1/machines/{site}/{machine}/signals',
      '/api/v1/passport',
      '/api/v1/pipeline',
      '/api/v1/samples',
      '/api/v1/session',
    ]);
    const parameters = document.paths['/api/v1/samples']?.get.parameters ?? [];
    expect(parameters.map(({ name }) => name)).toEqual(['signal', 'from', 'to', 'maxPoints', 'format']);
    expect(parameters[0]?.schema.type).toBe('array');
  });
});

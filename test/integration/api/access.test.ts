import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROLES, type Role } from '#contracts/access.ts';
import { actionsRoute, sessionRoute } from '#contracts/api/session.ts';
import type { ActionContract } from '#contracts/api/route.ts';
import { createLogger } from '#platform/logger.ts';
import { createRegistry } from '#platform/metrics.ts';
import { systemClock } from '#platform/clock.ts';
import { Access } from '../../../services/api/access/access.ts';
import type { ApiContext } from '../../../services/api/api-context.ts';
import { ApiProblem } from '../../../services/api/api-problem.ts';
import { HttpServer } from '../../../services/api/http/http-server.ts';
import { addAllRoutes } from '../../../services/api/routes/all-routes.ts';
import { cookieOf, makeUsers, passwordOf } from '../../support/access-fixture.ts';
import { ApiFixture } from '../../support/api-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let api: ApiFixture;
let files: { usersFile: string; databaseFile: string };
beforeEach(async () => {
  files = await makeUsers(temporaryFolder('access'));
  api = await ApiFixture.inMemory().start({ access: files });
});
afterEach(() => api.stop());

const JSON_TYPE = { 'content-type': 'application/json' };

const login = (name: string, password: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${api.url}/api/v1/session`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify({ name, password }),
  });

const codeIn = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code;

async function whoIs(cookie: string): Promise<z.infer<typeof sessionRoute.response>> {
  const response = await fetch(`${api.url}/api/v1/session`, { headers: { cookie } });
  return sessionRoute.response.strict().parse(await response.json());
}

async function actions(role: Role = 'engineer'): Promise<z.infer<typeof actionsRoute.response>['items']> {
  const cookie = await cookieOf(api.url, role);
  const response = await fetch(`${api.url}/api/v1/audit/actions`, { headers: { cookie } });
  return actionsRoute.response.strict().parse(await response.json()).items;
}

describe('a session', () => {
  test('begins with the password, in a cookie that no script reads, and ends with the log-out', async () => {
    const response = await login(' Operator ', passwordOf('operator'));
    expect(response.status).toBe(200);
    const [setCookie = ''] = response.headers.getSetCookie();
    expect(setCookie).toMatch(
      /^factory-session=[\w-]{43}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = setCookie.split(';')[0] ?? '';
    expect((await whoIs(cookie)).user).toEqual({ name: 'operator', role: 'operator' });
    const out = await fetch(`${api.url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    expect(out.headers.getSetCookie()[0]).toContain('Max-Age=0');
    expect((await whoIs(cookie)).user).toBeNull();
  });

  test('outlives a restart of the server, but not a new password', async () => {
    const cookie = await cookieOf(api.url, 'operator');
    await api.stop();
    api = await ApiFixture.inMemory().start({ access: files });
    expect((await whoIs(cookie)).user).toEqual({ name: 'operator', role: 'operator' });
    const text = readFileSync(files.usersFile, 'utf8');
    writeFileSync(
      files.usersFile,
      text.replaceAll(/since: .*/g, `since: ${new Date(Date.now() + 1).toISOString()}`),
    );
    expect((await whoIs(cookie)).user).toBeNull();
  });

  test('nobody is in without one, nor with an invented one', async () => {
    expect(await whoIs('')).toEqual({ user: null, expiresAt: null });
    expect((await whoIs(`factory-session=${'A'.repeat(43)}`)).user).toBeNull();
  });
});

describe('wrong passwords', () => {
  test('are refused alike for a known and an unknown name; five lock, the right one then too', async () => {
    const unknown = await login('nobody', 'x');
    const known = await login('operator', 'x');
    expect([unknown.status, known.status]).toEqual([401, 401]);
    expect(await unknown.json()).toEqual(await known.json());
    for (let i = 0; i < 4; i += 1)
      expect(await codeIn(await login('operator', `x${i}`))).toBe('LOGIN_FAILED');
    const locked = await login('operator', passwordOf('operator'));
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await codeIn(locked)).toBe('LOCKED_OUT');
    expect((await login('engineer', passwordOf('engineer'))).status).toBe(200);
  });

  test('tried all at once are no more than those one after the other', async () => {
    const codes = await Promise.all(
      Array.from({ length: 12 }, (_, i) => login('admin', `x${i}`).then(codeIn)),
    );
    expect(codes.filter((code) => code === 'LOGIN_FAILED')).toHaveLength(5);
  });

  test('a users file that is wrong lets nobody in', async () => {
    writeFileSync(files.usersFile, 'users: [{ name: admin, role: admin }]');
    expect(await codeIn(await login('admin', ''.padEnd(4)))).toBe('LOGIN_FAILED');
  });
});

describe('another site', () => {
  test.each([
    { origin: 'http://evil.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('may not log a user in: %o', async (headers) => {
    const response = await login('operator', passwordOf('operator'), headers);
    expect(await codeIn(response)).toBe('ORIGIN_REFUSED');
  });

  test('nor send a form: only JSON is read', async () => {
    const body = JSON.stringify({ name: 'operator', password: passwordOf('operator') });
    const response = await fetch(`${api.url}/api/v1/session`, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe('the audit log of actions', () => {
  test('is for engineers and admins', async () => {
    const url = `${api.url}/api/v1/audit/actions`;
    expect(await codeIn(await fetch(url))).toBe('LOGIN_REQUIRED');
    const cookie = await cookieOf(api.url, 'operator');
    expect(await codeIn(await fetch(url, { headers: { cookie } }))).toBe('ROLE_REQUIRED');
    expect((await actions('admin')).length).toBeGreaterThan(0);
  });

  test('has log-ins, failures and log-outs, newest first, by pages', async () => {
    await login('operator', 'wrong');
    const cookie = await cookieOf(api.url, 'operator');
    await fetch(`${api.url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    const entries = await actions();
    expect(
      entries.map(({ user, action, target, outcome, detail }) => [user, action, target, outcome, detail]),
    ).toEqual([
      ['engineer', 'login', 'engineer', 'done', ''],
      ['operator', 'logout', 'operator', 'done', ''],
      ['operator', 'login', 'operator', 'done', ''],
      ['', 'login', 'operator', 'refused', 'LOGIN_FAILED'],
    ]);
    expect(entries[0]?.address).toBe('127.0.0.1');
    const engineer = await cookieOf(api.url, 'engineer');
    const page = await fetch(`${api.url}/api/v1/audit/actions?limit=2&cursor=${entries[1]?.id}`, {
      headers: { cookie: engineer },
    });
    const { items, next } = actionsRoute.response.parse(await page.json());
    expect([items.map(({ id }) => id), next]).toEqual([[entries[2]?.id, entries[3]?.id], undefined]);
  });
});

/** A route as another room would add it. */
const pressRoute = {
  path: '/press/{id}',
  method: 'POST',
  role: 'operator',
  summary: 'Press something',
  params: z.object({ id: z.string().regex(/^\d+$/) }),
  body: z.object({ force: z.number() }),
  problems: ['BAD_PARAMETER', 'LOGIN_REQUIRED', 'ROLE_REQUIRED', 'INTERNAL'],
} as const satisfies ActionContract;

/** The table of all routes as Fastify has them, the ones of the API and a further one that changes something. */
async function withDoor(
  use: (url: string, server: HttpServer, pressed: unknown[]) => Promise<void>,
): Promise<void> {
  const log = createLogger('access-test', 'silent');
  const access = new Access({ ...(await makeUsers(temporaryFolder('door'))), clock: systemClock, log });
  const pressed: unknown[] = [];
  const server = await HttpServer.create({
    log,
    access,
    registry: createRegistry(),
    tls: undefined,
    mayAnswer: () => true,
    dashboardsDir: undefined,
    addRoutes: (routes) => {
      addAllRoutes(routes, { actions: access.actions } as unknown as ApiContext);
      routes.act(pressRoute, ({ params, body, actor }) => {
        if (body.force > 9) throw new ApiProblem('RANGE_INVALID', 'too hard');
        pressed.push({ id: params.id, force: body.force, by: actor.name });
        return { pressed: params.id };
      });
    },
  });
  try {
    await use(`http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`, server, pressed);
  } finally {
    await server.close();
    access.close();
  }
}

const SESSION_ITSELF = new Set(['POST /api/v1/session', 'DELETE /api/v1/session']);

describe('routes that change something', () => {
  test('every one of the table is refused without a role, but those of the session itself', async () => {
    await withDoor(async (url, { routes }, pressed) => {
      const writing = routes.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
      expect(writing.length).toBeGreaterThan(10);
      for (const { method, path } of writing) {
        if (SESSION_ITSELF.has(`${method} ${path}`)) continue;
        const address = `${url}${path.replaceAll(/:\w+/g, '1').replace('*', 'x')}`;
        const response = await fetch(address, { method, headers: JSON_TYPE, body: '{"force":1}' });
        const { code } = (await response.json()) as { code: string };
        expect(['LOGIN_REQUIRED', 'METHOD_NOT_ALLOWED'], `${method} ${path}`).toContain(code);
      }
      expect(writing.map(({ method, path }) => `${method} ${path}`)).toContain('POST /api/v1/press/:id');
      expect(pressed).toEqual([]);
    });
  });

  test('take the roles that may, and say who did what and how it ended', async () => {
    await withDoor(async (url, _server, pressed) => {
      const press = async (cookie: string, id: string, body: unknown): Promise<number> => {
        const init = { method: 'POST', headers: { ...JSON_TYPE, cookie }, body: JSON.stringify(body) };
        return (await fetch(`${url}/api/v1/press/${id}`, init)).status;
      };
      const [operator = '', engineer = '', admin = ''] = await Promise.all(
        ROLES.map((role) => cookieOf(url, role)),
      );
      expect(await press(operator, '7', { force: 1 })).toBe(200);
      expect(await press(admin, '8', { force: 2 })).toBe(200);
      expect(await press(operator, '9', { force: 10 })).toBe(400);
      expect(await press(operator, 'x', { force: 1 })).toBe(400);
      expect(await press(operator, '9', { force: 'much' })).toBe(400);
      expect(await press('', '9', { force: 1 })).toBe(401);
      expect(pressed).toEqual([
        { id: '7', force: 1, by: 'operator' },
        { id: '8', force: 2, by: 'admin' },
      ]);
      const log = await fetch(`${url}/api/v1/audit/actions`, { headers: { cookie: engineer } });
      const { items } = actionsRoute.response.parse(await log.json());
      const said = items.filter(({ action }) => action.startsWith('POST'));
      expect(said.map(({ user, target, outcome, detail }) => [user, target, outcome, detail])).toEqual([
        ['', '/api/v1/press/9', 'refused', 'LOGIN_REQUIRED'],
        ['operator', '/api/v1/press/9', 'failed', 'RANGE_INVALID'],
        ['admin', '/api/v1/press/8', 'done', '{"force":2}'],
        ['operator', '/api/v1/press/7', 'done', '{"force":1}'],
      ]);
    });
  });
});

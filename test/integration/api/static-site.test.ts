import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIVE_PATH } from '#contracts/live.ts';
import { StartError } from '#platform/errors.ts';
import { makeSelfSigned } from '../../../services/centre/self-signed.ts';
import { ApiFixture } from '../../support/api-fixture.ts';

let folder: string;
let api: ApiFixture;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>factory</title>');
  writeFileSync(join(folder, 'assets', 'index-Dk3_f9Qa.js'), 'export {};');
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  api = await ApiFixture.inMemory().start({ dashboardsDir: folder });
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the dashboards', () => {
  test.each(['/', '/machines/brest/cnc-01', '/deep/link?lang=be'])('%s is the application', async (path) => {
    const response = await api.get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('<title>factory</title>');
  });

  test('assets named by their content are immutable, others are asked for again', async () => {
    const asset = await api.get('/assets/index-Dk3_f9Qa.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toContain('javascript');
    const icon = await api.get('/favicon.svg');
    expect(icon.headers.get('cache-control')).toBe('no-cache');
    // fetch would add "cache-control: no-cache" of its own.
    const request = http.get(`${api.url}/favicon.svg`, {
      headers: { 'if-none-match': icon.headers.get('etag') ?? '' },
    });
    const [again] = (await once(request, 'response')) as [http.IncomingMessage];
    again.resume();
    expect(again.statusCode).toBe(304);
  });

  test('nothing outside the folder is served', async () => {
    for (const path of [
      '/..%2f..%2fetc/passwd',
      '/assets/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/etc/passwd',
    ]) {
      expect(await (await api.get(path)).text()).not.toContain('root:');
    }
  });

  test.each(['//api/v1/health', '/api//v1/health', '//x', '/../x'])('%s is nowhere', async (path) => {
    // fetch would take the dots out of the address.
    const request = http.get({ host: '127.0.0.1', port: new URL(api.url).port, path });
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(404);
  });

  test.each(['/', '/api/v1/machines', '/api/v1/nothing'])('%s carries the security headers', async (path) => {
    const { headers } = await api.get(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    if (path.startsWith('/api')) expect(headers.get('cache-control')).toBe('no-store');
  });

  test('without a bundle a plain sentence says what to do', async () => {
    const bare = await ApiFixture.inMemory().start({ dashboardsDir: join(folder, 'absent') });
    try {
      expect(await (await bare.get('/')).text()).toContain('npm run build');
      expect((await bare.get('/api/v1/health')).status).toBe(200);
    } finally {
      await bare.stop();
    }
  });
});

describe('TLS', () => {
  test('serves HTTPS and the live channel with the certificate given, and tells browsers to stay with it', async () => {
    const day = 86_400_000;
    const { certificatePem: cert, keyPem: key } = makeSelfSigned({
      commonName: 'test',
      hosts: ['127.0.0.1'],
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + day),
    });
    const secure = await ApiFixture.inMemory().start({ tls: { cert, key } });
    try {
      expect(secure.url).toBe(`https://127.0.0.1:${secure.port}`);
      const request = https.get(`${secure.url}/api/v1/machines`, { ca: cert });
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['strict-transport-security']).toContain('max-age');
      const socket = new WebSocket(`wss://127.0.0.1:${secure.port}${LIVE_PATH}`, { ca: cert });
      await once(socket, 'open');
      socket.send('{"hello":1}');
      const [frame] = (await once(socket, 'message')) as [Buffer];
      expect(JSON.parse(frame.toString())).toMatchObject({ f: 1, i: [] });
      socket.close();
    } finally {
      await secure.stop();
    }
  });
});

describe('the address', () => {
  test('a taken port and a missing certificate are plain sentences', async () => {
    await expect(ApiFixture.inMemory().start({ port: api.port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
    const open = ApiFixture.inMemory().start({ host: '0.0.0.0' });
    await expect(open).rejects.toBeInstanceOf(StartError);
    await expect(open).rejects.toMatchObject({ code: 'TLS_REQUIRED' });
  });
});

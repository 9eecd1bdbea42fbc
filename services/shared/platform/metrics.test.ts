import { afterEach, describe, expect, it } from 'vitest';
import { DiagnosticsServer, createRegistry, type HealthComponent } from './metrics.ts';

const running: DiagnosticsServer[] = [];

async function serve(port: number, health: () => HealthComponent[] = () => []): Promise<number> {
  const server = new DiagnosticsServer(createRegistry(), health);
  running.push(server);
  return await server.start(port);
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

describe('DiagnosticsServer', () => {
  it('shows metrics, and health with the status of the worst part', async () => {
    let status: HealthComponent['status'] = 'degraded';
    const port = await serve(0, () => [
      { name: 'a', status: 'ok' },
      { name: 'b', status },
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('process_cpu_user_seconds_total');
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'degraded' });
    status = 'down';
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  });

  it('takes another port when the wished one is taken', async () => {
    const first = await serve(0);
    const second = await serve(first);
    expect(second).not.toBe(first);
    expect((await fetch(`http://127.0.0.1:${second}/metrics`)).status).toBe(200);
  });
});

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { PlantControl } from './plant-control.ts';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '#platform/errors.ts';

const faultBody = z.strictObject({
  machine: z.string(),
  fault: z.string(),
  severity: z.number().gt(0).max(1).default(1),
  signal: z.string().optional(),
  rampS: z.number().min(0).default(0),
  durationS: z.number().gt(0).optional(),
});

const MAX_BODY = 16 * 1024;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The secret that faults need, made on the first start: `<data>/control.token`, readable by its owner alone. */
export async function controlToken(dataDir: string): Promise<string> {
  const file = join(dataDir, 'control.token');
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return (await readFile(file, 'utf8')).trim();
}

/**
 * Faults, scenarios and reset over HTTP on loopback, with `Authorization: Bearer <token>`:
 * `GET /control`, `POST|DELETE /control/faults`, `POST /control/reset`, `POST /control/scenarios/{id}`.
 */
export class ControlServer {
  readonly #control: PlantControl;
  readonly #token: Buffer;
  #server: Server | undefined;

  constructor(control: PlantControl, token: string) {
    this.#control = control;
    this.#token = Buffer.from(`Bearer ${token}`);
  }

  /** @returns the port */
  async start(port: number): Promise<number> {
    const server = createServer((request, response) => void this.#serve(request, response));
    this.#server = server;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = this.#isAllowed(request)
      ? await this.#answer(request).catch((error: unknown) => problem(400, inWords(error)))
      : problem(401, 'faults need the token of the file control.token as bearer');
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers.authorization ?? '');
    return given.length === this.#token.length && timingSafeEqual(given, this.#token);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = `${request.method} ${url.pathname}`;
    const control = this.#control;
    if (route === 'GET /control') {
      const scenarios = control.scenarios.map(({ id, name, durationS }) => ({ id, name, durationS }));
      return { status: 200, body: { ...control.state, catalogue: control.catalogue, scenarios } };
    }
    if (route === 'POST /control/faults')
      return done(control.inject(faultBody.parse(await readJson(request))));
    if (route === 'DELETE /control/faults') {
      const { searchParams } = url;
      return done(
        control.clear(searchParams.get('machine') ?? undefined, searchParams.get('fault') ?? undefined),
      );
    }
    if (route === 'POST /control/reset') {
      const startedMs = performance.now();
      const stateHash = control.reset();
      return { status: 200, body: { stateHash, tookMs: Math.round(performance.now() - startedMs) } };
    }
    const scenario = /^POST \/control\/scenarios\/([a-z0-9-]+)$/.exec(route);
    if (scenario) return done(control.startScenario(scenario[1] ?? ''));
    return problem(404, 'there is no such route');
  }
}

const problem = (status: number, detail: string): Answer => ({ status, body: { status, title: detail } });

/** What is wrong with a request, for people. */
function inWords(error: unknown): string {
  if (error instanceof SyntaxError) return `the body is no JSON: ${error.message}`;
  if (!(error instanceof z.ZodError)) return messageOf(error);
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the body'} ${message}`).join('; ');
}
const done = (wrong: string): Answer => (wrong === '' ? { status: 200, body: {} } : problem(422, wrong));

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > MAX_BODY) throw new RangeError('the body is too long');
  }
  return JSON.parse(text === '' ? '{}' : text);
}

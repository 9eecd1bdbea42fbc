import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../api-problem.ts';
import { notFound, sendProblem } from './problem-handler.ts';

/** Vite names what it bundles by content: such a file never changes. */
const HASHED_ASSET = /[\\/]assets[\\/].+-[\w-]{8,}\.\w+$/;

const NOT_BUILT =
  'The API runs. The dashboards are not built: "npm run build" makes them, then start again.\n';

/**
 * Serves the bundled dashboards. Every page address that is no file and not below `/api/` gets `index.html`: the web
 * application has its own router.
 */
export async function installStaticSite(
  app: FastifyInstance,
  dashboardsDir: string | undefined,
): Promise<void> {
  const root = dashboardsDir === undefined ? undefined : resolve(dashboardsDir);
  const built = root !== undefined && existsSync(join(root, 'index.html'));
  if (built) {
    await app.register(fastifyStatic, {
      root,
      wildcard: true,
      index: ['index.html'],
      cacheControl: false,
      setHeaders: (reply, path) => {
        const immutable = HASHED_ASSET.test(path);
        reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => answerUnknown(request, reply, built));
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply, built: boolean): FastifyReply {
  const path = request.url.split('?')[0] ?? '/';
  const isPage = !/^\/+api/.test(path) && !/\.\w{1,8}$/.test(path);
  if (!isPage) return sendProblem(reply, notFound(request));
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    void reply.header('allow', 'GET, HEAD');
    return sendProblem(reply, new ApiProblem('METHOD_NOT_ALLOWED', 'Pages are read with GET.'));
  }
  if (built) return reply.code(200).header('cache-control', 'no-cache').sendFile('index.html');
  return reply
    .code(path === '/' ? 200 : 404)
    .type('text/plain; charset=utf-8')
    .send(NOT_BUILT);
}

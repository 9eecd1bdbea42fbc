import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { API_PREFIX, problemOf, type RouteContract } from '#contracts/api/route.ts';
import { PROBLEMS, type ProblemCode } from '#contracts/problems.ts';
import { ApiProblem, PROBLEM_MEDIA_TYPE } from '../api-problem.ts';
import { Answer, type RouteInput, type RouteTable } from '../route-table.ts';

const OTHER_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Any route may answer these: they are refused before it is asked. */
const COMMON_PROBLEMS = ['HOST_REFUSED', 'METHOD_NOT_ALLOWED', 'HEADERS_TOO_LARGE'] as const;

/**
 * The one door of all routes, by their contracts: validation, document, and 405 for the other methods. The login of
 * write routes will stand here.
 */
export function routeTableOf(app: FastifyInstance): RouteTable {
  return {
    get(contract, handler) {
      const url = `${API_PREFIX}${contract.path.replace(/\{(\w+)\}/g, ':$1')}`;
      app.route({
        method: 'GET',
        url,
        schema: documentOf(contract),
        handler: async (request, reply) => {
          const input = { query: request.query, params: request.params } as RouteInput<typeof contract>;
          return send(reply, await handler(input));
        },
      });
      refuseOtherMethods(app, url);
    },
  };
}

function send(reply: FastifyReply, result: object): FastifyReply {
  if (!(result instanceof Answer)) return reply.send(result);
  return reply.code(result.status).headers(result.headers).type(result.mediaType).send(result.body);
}

/** 405 with `Allow` (RFC 9110, 15.5.6), before any body is read. */
export function refuseOtherMethods(app: FastifyInstance, url: string): void {
  app.route({
    method: OTHER_METHODS,
    url,
    schema: { hide: true },
    onRequest: (request, reply, done) => {
      void reply.header('allow', 'GET, HEAD');
      done(new ApiProblem('METHOD_NOT_ALLOWED', `${request.method} is not offered here: GET and HEAD are.`));
    },
    handler: () => undefined,
  });
}

function documentOf(contract: RouteContract): Record<string, unknown> {
  const { summary, params, query, response, media } = contract;
  const content: Record<string, unknown> = response ? { 'application/json': { schema: response } } : {};
  for (const [type, what] of Object.entries(media ?? {})) {
    content[type] = { schema: z.string().meta({ description: what, format: 'binary' }) };
  }
  return {
    summary,
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    response: {
      ...(Object.keys(content).length > 0 ? { 200: { description: 'OK', content } } : {}),
      ...problemsOf(contract),
    },
  };
}

function problemsOf(contract: RouteContract): Record<number, unknown> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...contract.problems, ...COMMON_PROBLEMS]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => PROBLEMS[code].title).join('; '),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemOf(codes) } },
      },
    ]),
  );
}

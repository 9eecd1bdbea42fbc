import type { FastifyInstance } from 'fastify';
import { ApiProblem } from '../api-problem.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** 405 with `Allow` (RFC 9110, 15.5.6), before any body is read. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  offered: readonly string[] = ['GET'],
): void {
  const allow = offered.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  app.route({
    method: METHODS.filter((method) => !offered.includes(method)),
    url,
    schema: { hide: true },
    onRequest: (request, reply, done) => {
      void reply.header('allow', allow.join(', '));
      done(
        new ApiProblem(
          'METHOD_NOT_ALLOWED',
          `${request.method} is not offered here: ${allow.join(' and ')} are.`,
        ),
      );
    },
    handler: () => undefined,
  });
}

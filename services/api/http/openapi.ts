import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { API_PREFIX } from '#contracts/api/route.ts';
import { PROBLEMS } from '#contracts/problems.ts';
import { PROBLEM_MEDIA_TYPE } from '../api-problem.ts';
import { refuseOtherMethods } from './other-methods.ts';

export const OPENAPI_PATH = `${API_PREFIX}/openapi.json`;

const problemTable = (): string =>
  Object.entries(PROBLEMS)
    .map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`)
    .join('\n');

/** Made from the same schemas that check the requests; to be registered before the routes. */
export async function installOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Brest smart-factory centre',
        version: 'v1',
        description:
          `Machines, signals, samples and the audit of their delivery. Lists are {items, next?}; errors are ` +
          `${PROBLEM_MEDIA_TYPE} (RFC 9457) with a stable code. Times are ISO 8601 UTC with sub-millisecond digits. ` +
          `Live values: WebSocket at ${API_PREFIX}/live.\n\n` +
          `Codes of problems (some belong to any address, some to the live channel):\n\n${problemTable()}`,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
    transform: jsonSchemaTransform,
  });
}

/** To be called after the routes; the text is made once, when all of them are known. */
export function addOpenApiRoute(app: FastifyInstance): void {
  let text: string | undefined;
  app.get(OPENAPI_PATH, { schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });
  refuseOtherMethods(app, OPENAPI_PATH);
}

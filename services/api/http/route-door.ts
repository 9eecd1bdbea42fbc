import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { API_PREFIX, type ActionContract, type RouteContract } from '#contracts/api/route.ts';
import { codeOf } from '#platform/errors.ts';
import { Answer, type ActionInput, type RouteInput, type RouteTable } from '../route-table.ts';
import { pathOf, type Guard } from './guard.ts';
import { refuseOtherMethods } from './other-methods.ts';
import { documentOf } from './route-document.ts';

const LONGEST_BODY_NOTE = 1_000;

/** The one door of all routes, by their contracts: role, validation, document, log of actions, 405 for other methods. */
export class RouteDoor implements RouteTable {
  readonly #app: FastifyInstance;
  readonly #guard: Guard;
  readonly #offered = new Map<string, string[]>();

  constructor(app: FastifyInstance, guard: Guard) {
    this.#app = app;
    this.#guard = guard;
  }

  get<Contract extends RouteContract>(
    contract: Contract,
    handler: (input: RouteInput<Contract>) => object | Promise<object>,
  ): void {
    const { role } = contract;
    this.#app.route({
      method: 'GET',
      url: this.#offer('GET', contract),
      schema: documentOf(contract),
      ...(role === undefined
        ? {}
        : {
            onRequest: async (request) => {
              this.#guard.require(request, role);
            },
          }),
      handler: async (request, reply) => {
        const input = { query: request.query, params: request.params } as RouteInput<Contract>;
        return send(reply, await handler(input));
      },
    });
  }

  act<Contract extends ActionContract>(
    contract: Contract,
    handler: (input: ActionInput<Contract>) => object | Promise<object>,
  ): void {
    const guard = this.#guard;
    this.#app.route({
      method: contract.method,
      url: this.#offer(contract.method, contract),
      schema: documentOf(contract),
      onRequest: async (request) => {
        guard.requireOwnPage(request);
        guard.require(request, contract.role);
      },
      handler: async (request, reply) => {
        const actor = guard.require(request, contract.role);
        const { query, params, body } = request;
        const input = { query, params, body, actor } as ActionInput<Contract>;
        const end = guard.access.actions.begin({ ...noteOf(request, contract), actor });
        try {
          const result = await handler(input);
          end('done');
          return await send(reply, result);
        } catch (error) {
          end('failed', codeOf(error));
          throw error;
        }
      },
    });
  }

  /** To be called when all routes are there. */
  close(): void {
    for (const [url, methods] of this.#offered) refuseOtherMethods(this.#app, url, methods);
  }

  #offer(method: string, { path }: RouteContract): string {
    const url = `${API_PREFIX}${path.replace(/\{(\w+)\}/g, ':$1')}`;
    this.#offered.set(url, [...(this.#offered.get(url) ?? []), method]);
    return url;
  }
}

function noteOf(request: FastifyRequest, { method, path }: ActionContract) {
  const detail = request.body === undefined ? '' : JSON.stringify(request.body).slice(0, LONGEST_BODY_NOTE);
  return { action: `${method} ${path}`, target: pathOf(request), address: request.ip, detail };
}

function send(reply: FastifyReply, result: object): FastifyReply {
  if (!(result instanceof Answer)) return reply.send(result);
  return reply.code(result.status).headers(result.headers).type(result.mediaType).send(result.body);
}

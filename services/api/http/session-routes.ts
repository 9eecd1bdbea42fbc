import type { FastifyInstance, FastifyRequest } from 'fastify';
import { API_PREFIX } from '#contracts/api/route.ts';
import { loginRoute, logoutRoute, sessionRoute, type SessionView } from '#contracts/api/session.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { Guard } from './guard.ts';
import { documentOf } from './route-document.ts';
import { refuseOtherMethods } from './other-methods.ts';

const URL_PATH = `${API_PREFIX}${sessionRoute.path}`;
const VISITOR: SessionView = { user: null, expiresAt: null };

/** Log-in, log-out and who-am-I: the only routes beside reading that need no role. */
export function addSessionRoutes(app: FastifyInstance, guard: Guard): void {
  const onRequest = async (request: FastifyRequest): Promise<void> => guard.requireOwnPage(request);
  app.route({
    method: 'GET',
    url: URL_PATH,
    schema: documentOf(sessionRoute),
    handler: (request, reply) => reply.send(viewOf(guard, guard.tokenOf(request))),
  });
  app.route({
    method: loginRoute.method,
    url: URL_PATH,
    schema: documentOf(loginRoute),
    onRequest,
    handler: async (request, reply) => {
      const { name, password } = loginRoute.body.parse(request.body);
      const token = await guard.access.login(name, password, request.ip);
      guard.setCookie(reply, token);
      return reply.send(viewOf(guard, token));
    },
  });
  app.route({
    method: logoutRoute.method,
    url: URL_PATH,
    schema: documentOf(logoutRoute),
    onRequest,
    handler: (request, reply) => {
      const token = guard.tokenOf(request);
      if (token !== undefined) guard.access.logout(token, request.ip);
      guard.clearCookie(reply);
      return reply.send(VISITOR);
    },
  });
  refuseOtherMethods(app, URL_PATH, ['GET', 'POST', 'DELETE']);
}

function viewOf({ access }: Guard, token: string | undefined): SessionView {
  const actor = access.actorOf(token);
  if (!actor) return VISITOR;
  const { name, role, expiresAtMs } = actor;
  return { user: { name, role }, expiresAt: nsToIso(msToNs(Math.floor(expiresAtMs))) };
}

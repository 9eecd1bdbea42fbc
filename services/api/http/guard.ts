import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isAllowed, type Actor, type Role } from '#contracts/access.ts';
import type { Access } from '../access/access.ts';
import { SESSION_MAX_MS } from '../access/session-book.ts';
import { ApiProblem } from '../api-problem.ts';

const COOKIE = 'factory-session';

/** Stands before the routes: who asks, from which page, and may they? */
export class Guard {
  readonly #access: Access;
  readonly #isSecure: boolean;
  readonly #cookie: string;

  /** `isSecure`: the browser speaks TLS to us; then the cookie is bound to TLS and to this host. */
  constructor(access: Access, isSecure: boolean) {
    this.#access = access;
    this.#isSecure = isSecure;
    this.#cookie = isSecure ? `__Host-${COOKIE}` : COOKIE;
  }

  get access(): Access {
    return this.#access;
  }

  tokenOf({ headers }: FastifyRequest): string | undefined {
    return headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[this.#cookie];
  }

  actorOf(request: FastifyRequest): Actor | undefined {
    const actor = this.#access.actorOf(this.tokenOf(request));
    return actor && { name: actor.name, role: actor.role };
  }

  /** @throws ApiProblem LOGIN_REQUIRED, ROLE_REQUIRED */
  require(request: FastifyRequest, needed: Role): Actor {
    const actor = this.actorOf(request);
    if (actor && isAllowed(actor.role, needed)) return actor;
    const problem = actor
      ? new ApiProblem('ROLE_REQUIRED', `This needs the role ${needed}; ${actor.name} has ${actor.role}.`)
      : new ApiProblem('LOGIN_REQUIRED', `This needs a login with the role ${needed}.`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const action = `${request.method} ${request.routeOptions.url ?? ''}`;
      this.#access.actions.refused({
        actor,
        action,
        target: pathOf(request),
        address: request.ip,
        detail: problem.code,
      });
    }
    throw problem;
  }

  /**
   * A page of another site may not act in a user's name. The cookie is not sent along then (SameSite); this holds also where
   * a browser does not know that, or where another port of this host serves the page.
   *
   * @throws ApiProblem ORIGIN_REFUSED
   */
  requireOwnPage({ headers }: FastifyRequest): void {
    const site = headers['sec-fetch-site'];
    const isOther = site !== undefined && site !== 'same-origin' && site !== 'none';
    const { origin, host } = headers;
    if (!isOther && (origin === undefined || URL.parse(origin)?.host === host)) return;
    throw new ApiProblem('ORIGIN_REFUSED', 'A page of another site may not act here.');
  }

  setCookie(reply: FastifyReply, token: string): void {
    this.#send(reply, token, SESSION_MAX_MS / 1_000);
  }

  clearCookie(reply: FastifyReply): void {
    this.#send(reply, '', 0);
  }

  #send(reply: FastifyReply, value: string, maxAge: number): void {
    const text = stringifySetCookie({
      name: this.#cookie,
      value,
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#isSecure,
      maxAge,
    });
    void reply.header('set-cookie', text);
  }
}

export const pathOf = ({ url }: FastifyRequest): string => url.split('?')[0] ?? url;

import type { IncomingMessage, ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { ROLES, type Role } from '#contracts/access.ts';
import type { ActionEntry, SessionView } from '#contracts/api/session.ts';

const VISITOR: SessionView = { user: null, expiresAt: null };
/** The fifth wrong one locks, as in the product. */
const WRONG_ALLOWED = 4;

/** Log-in by the name of a role with `<role> of the test`; one session for everybody who asks. */
export class DoubleSession {
  #now = VISITOR;
  #wrong = 0;
  readonly #actions: ActionEntry[] = [];

  /** False: the address is none of a session. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (path === '/audit/actions') {
      answer(response, 200, { items: this.#actions.toReversed() });
      return true;
    }
    if (path !== '/session') return false;
    if (request.method === 'POST') void this.#login(request, response);
    else {
      if (request.method === 'DELETE') {
        this.#note(this.#now.user?.role, 'logout', 'done', '');
        this.#now = VISITOR;
      }
      answer(response, 200, this.#now);
    }
    return true;
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { name, password } = (await readJson(request)) as { name: string; password: string };
    const role = ROLES.find((each) => each === name && password === `${each} of the test`);
    if (this.#wrong > WRONG_ALLOWED) {
      response.setHeader('retry-after', '60');
      answer(response, 429, { code: 'LOCKED_OUT', detail: 'locked' });
      return;
    }
    if (!role) {
      this.#wrong += 1;
      this.#note(undefined, 'login', 'refused', 'LOGIN_FAILED');
      answer(response, 401, { code: 'LOGIN_FAILED', detail: 'wrong' });
      return;
    }
    this.#wrong = 0;
    this.#note(role, 'login', 'done', '');
    this.#now = { user: { name, role }, expiresAt: new Date(Date.now() + 86_400_000).toISOString() };
    answer(response, 200, this.#now);
  }

  #note(role: Role | undefined, action: string, outcome: ActionEntry['outcome'], detail: string): void {
    const id = this.#actions.length + 1;
    const time = new Date().toISOString();
    const user = role ?? '';
    this.#actions.push({
      id,
      time,
      user,
      role: role ?? null,
      action,
      target: user,
      address: '127.0.0.1',
      outcome,
      detail,
    });
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

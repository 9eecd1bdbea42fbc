import { z } from 'zod';
import { ROLES } from '../access.ts';
import { listOf, pageParameters, type RouteContract } from './route.ts';
import { timestampSchema } from './values.ts';

export const actorSchema = z.object({ name: z.string(), role: z.enum(ROLES) });

export const sessionSchema = z.object({
  user: actorSchema.nullable().describe('null: a visitor, who sees everything and changes nothing.'),
  expiresAt: timestampSchema.nullable().describe('When the session ends at the latest.'),
});
export type SessionView = z.infer<typeof sessionSchema>;

export const sessionRoute = {
  path: '/session',
  summary: 'Who is asking: the user of the session cookie, or a visitor',
  response: sessionSchema,
  problems: ['INTERNAL'],
} as const satisfies RouteContract;

export const loginBodySchema = z.object({
  name: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
});

/** Log-in and log-out stand outside of the roles: the one needs a password, the other takes rights away. */
export const loginRoute = {
  path: '/session',
  method: 'POST',
  summary: 'Log in: the answer sets the session cookie (HttpOnly, SameSite=Strict)',
  body: loginBodySchema,
  response: sessionSchema,
  problems: [
    'BAD_PARAMETER',
    'LOGIN_FAILED',
    'LOCKED_OUT',
    'ORIGIN_REFUSED',
    'TOO_MANY_REQUESTS',
    'INTERNAL',
  ],
} as const;

export const logoutRoute = {
  path: '/session',
  method: 'DELETE',
  summary: 'Log out: the session ends here and now',
  response: sessionSchema,
  problems: ['ORIGIN_REFUSED', 'INTERNAL'],
} as const;

export const ACTION_OUTCOMES = ['begun', 'done', 'failed', 'refused'] as const;

export const actionEntrySchema = z.object({
  id: z.int(),
  time: timestampSchema,
  user: z.string().describe('Name of the user; empty: a visitor.'),
  role: z.enum(ROLES).nullable(),
  action: z.string().describe('Method and route, such as POST /alarms/{id}/acknowledge; login, logout.'),
  target: z.string().describe('Path that was asked for; at a login the name that was tried.'),
  address: z.string().describe('Where the request came from.'),
  outcome: z.enum(ACTION_OUTCOMES).describe('begun: the server ended before the action did.'),
  detail: z.string().describe('The body that came with it, or why it was refused or failed.'),
});
export type ActionEntry = z.infer<typeof actionEntrySchema>;

export const actionsRoute = {
  path: '/audit/actions',
  summary:
    'Every action of a user, and every refused one, newest first: who, what, when, from where, outcome',
  role: 'engineer',
  query: z.object(pageParameters(100, 1_000)),
  response: listOf(actionEntrySchema),
  problems: ['BAD_PARAMETER', 'LOGIN_REQUIRED', 'ROLE_REQUIRED', 'INTERNAL'],
} as const satisfies RouteContract;

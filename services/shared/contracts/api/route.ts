import { z } from 'zod';
import type { Role } from '../access.ts';
import { PROBLEMS, problemSchema, type ProblemCode } from '../problems.ts';

export const API_PREFIX = '/api/v1';

/** Contract of one route: what the server checks, what the document says, what a client may rely on. */
export interface RouteContract {
  /** Below {@link API_PREFIX}; path parameters as `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** JSON body of 200; other bodies are described by `media`. */
  readonly response?: z.ZodType;
  /** Further media types of 200, with what is in them. */
  readonly media?: Readonly<Record<string, string>>;
  /** Codes this route may answer. */
  readonly problems: readonly ProblemCode[];
  /** Role needed to read it; absent: everybody may. */
  readonly role?: Role;
}

/** Contract of a route that changes something: it always needs a role, and every call is written down. */
export interface ActionContract extends RouteContract {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly role: Role;
  /** JSON body; absent: none is read. */
  readonly body?: z.ZodType;
}

/** What may be wrong with a question about a machine and a range of time. */
export const MACHINE_RANGE_PROBLEMS = [
  'BAD_PARAMETER',
  'RANGE_INVALID',
  'MACHINE_UNKNOWN',
  'INTERNAL',
  'STORE_UNAVAILABLE',
  'TOO_MANY_REQUESTS',
] as const satisfies readonly ProblemCode[];

/** A list answer: `next`, where there is more, is the `cursor` of the following page. */
export function listOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

/** Query of a list: `limit` items after `cursor` (a `next` of the page before). */
export const pageParameters = (defaultLimit: number, maxLimit: number) => ({
  limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
  cursor: z.string().max(400).optional(),
});

/** RFC 9457 body for the codes of one status. */
export const problemOf = (codes: readonly ProblemCode[]): z.ZodType =>
  problemSchema.extend({ code: z.enum(codes) }).meta({
    description: codes.map((code) => `${code}: ${PROBLEMS[code].title}`).join('; '),
  });

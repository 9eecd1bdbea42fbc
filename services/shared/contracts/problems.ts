import { z } from 'zod';

/** RFC 9457 problem details; `code` is stable, texts are not. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Every code the API may answer, with its status and title. */
export const PROBLEMS = {
  BAD_PARAMETER: { status: 400, title: 'A parameter is missing or wrong' },
  RANGE_INVALID: { status: 400, title: 'The time range is empty, backwards or too long' },
  LOGIN_REQUIRED: { status: 401, title: 'This needs a login' },
  LOGIN_FAILED: { status: 401, title: 'Name or password is wrong' },
  ROLE_REQUIRED: { status: 403, title: 'Your role may not do this' },
  ORIGIN_REFUSED: { status: 403, title: 'A page of another site may not do this' },
  NOT_FOUND: { status: 404, title: 'No such resource' },
  MACHINE_UNKNOWN: { status: 404, title: 'No machine has this id' },
  SIGNAL_UNKNOWN: { status: 404, title: 'No signal has this id' },
  ALARM_UNKNOWN: { status: 404, title: 'No alarm with this id stands' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This route does not take this method' },
  ALARM_REFUSED: { status: 409, title: 'The machine did not take it' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  HOST_REFUSED: { status: 421, title: 'This server does not answer under that name' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The address or the headers of the request are too long' },
  UPGRADE_REQUIRED: { status: 426, title: 'This address speaks WebSocket' },
  LOCKED_OUT: { status: 429, title: 'Too many wrong passwords: locked for a while' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'The server made a mistake' },
  STORE_UNAVAILABLE: { status: 503, title: 'The historian does not answer' },
  MACHINE_AWAY: { status: 503, title: 'The machine cannot be asked now' },
  MACHINE_SILENT: { status: 504, title: 'No answer came from the machine' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

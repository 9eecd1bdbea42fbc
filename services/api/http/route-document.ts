import { z } from 'zod';
import { problemOf, type ActionContract, type RouteContract } from '#contracts/api/route.ts';
import { PROBLEMS, type ProblemCode } from '#contracts/problems.ts';
import { PROBLEM_MEDIA_TYPE } from '../api-problem.ts';

/** Any route may answer these: they are refused before it is asked. */
const COMMON_PROBLEMS = ['HOST_REFUSED', 'METHOD_NOT_ALLOWED', 'HEADERS_TOO_LARGE'] as const;

type Documented = Omit<RouteContract, 'role'> & Partial<Pick<ActionContract, 'body' | 'role'>>;

/** What Fastify checks requests by, and what the OpenAPI document says. */
export function documentOf(contract: Documented): Record<string, unknown> {
  const { summary, params, query, body, response, media, role } = contract;
  const content: Record<string, unknown> = response ? { 'application/json': { schema: response } } : {};
  for (const [type, what] of Object.entries(media ?? {})) {
    content[type] = { schema: z.string().meta({ description: what, format: 'binary' }) };
  }
  return {
    summary,
    ...(role === undefined ? {} : { description: `Needs a session with the role ${role}.` }),
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    response: {
      ...(Object.keys(content).length > 0 ? { 200: { description: 'OK', content } } : {}),
      ...problemsOf(contract.problems),
    },
  };
}

function problemsOf(problems: readonly ProblemCode[]): Record<number, unknown> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...problems, ...COMMON_PROBLEMS]) {
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

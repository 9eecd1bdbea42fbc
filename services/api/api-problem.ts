import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problems.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export interface ParameterIssue {
  readonly path: string;
  readonly message: string;
}

/** What a route throws to answer a problem. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly issues: readonly ParameterIssue[] | undefined;
  /** When it may be tried again. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options?: ErrorOptions & { issues?: ParameterIssue[]; retryAfterS?: number },
  ) {
    super(detail, options);
    this.name = 'ApiProblem';
    this.code = code;
    this.issues = options?.issues;
    this.retryAfterS = options?.retryAfterS;
  }
}

/** The RFC 9457 body. */
export function problemBody(code: ProblemCode, detail?: string, issues?: readonly ParameterIssue[]): Problem {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:smart-factory:problem:${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(issues === undefined ? {} : { errors: [...issues] }),
  };
}

/** The whole answer as bytes, for sockets that never became a request (bad headers, refused upgrades). */
export function rawProblemAnswer(code: ProblemCode, detail: string): string {
  const body = JSON.stringify(problemBody(code, detail));
  const reason = code.toLowerCase().replaceAll('_', ' ');
  return (
    `HTTP/1.1 ${PROBLEMS[code].status} ${reason}\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
}

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, type ProblemCode } from '#contracts/problems.ts';
import { OverloadError, StoreUnavailableError, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { ApiProblem, PROBLEM_MEDIA_TYPE, problemBody, rawProblemAnswer } from '../api-problem.ts';

/** Every error of a route, and what Fastify itself refuses, becomes an RFC 9457 problem with a stable code. */
export function installProblemHandler(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const problem = isForbiddenPath(error) ? notFound(request) : toProblem(error);
    if (problem.code === 'INTERNAL') log.error({ err: error, url: request.url }, 'a request failed');
    else if (problem.code === 'STORE_UNAVAILABLE') log.warn({ err: error }, 'the historian does not answer');
    return sendProblem(reply, problem);
  });
}

/** How the static site refuses `//` and `..` in an address: to whoever asks, nothing is there. */
const isForbiddenPath = (error: FastifyError | Error): boolean =>
  'statusCode' in error && error.statusCode === 403;

export function sendProblem(reply: FastifyReply, problem: ApiProblem): FastifyReply {
  if (problem.code === 'TOO_MANY_REQUESTS' || problem.code === 'STORE_UNAVAILABLE') {
    void reply.header('retry-after', '1');
  }
  if (problem.retryAfterS !== undefined) void reply.header('retry-after', String(problem.retryAfterS));
  // A scheme of our own: a browser shows no dialog for it, the page has its own (RFC 9110, 15.5.2).
  if (PROBLEMS[problem.code].status === 401) void reply.header('www-authenticate', 'Session realm="factory"');
  const body = problemBody(problem.code, problem.message, problem.issues);
  return reply.code(PROBLEMS[problem.code].status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(body));
}

function toProblem(error: FastifyError | Error): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof StoreUnavailableError) {
    return new ApiProblem('STORE_UNAVAILABLE', 'The historian cannot answer now; look at /api/v1/health.');
  }
  if (error instanceof OverloadError) return new ApiProblem('TOO_MANY_REQUESTS', messageOf(error));
  if ('validation' in error && error.validation) {
    const issues = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: message ?? 'is wrong',
    }));
    const whole = error.validationContext === 'body' ? 'body' : 'query';
    const said = issues.map(({ path, message }) => `${path || whole}: ${message}`).join('; ');
    return new ApiProblem('BAD_PARAMETER', said, { issues });
  }
  return fromStatus(error);
}

/** Errors of Fastify's own making, by their status. */
function fromStatus(error: FastifyError | Error): ApiProblem {
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new ApiProblem('TOO_LARGE', error.message);
  if (status === 415)
    return new ApiProblem('BAD_PARAMETER', 'Send the body as JSON, with "content-type: application/json".');
  if (status !== undefined && status >= 400 && status < 500) {
    return new ApiProblem('BAD_PARAMETER', error.message);
  }
  return new ApiProblem('INTERNAL', 'The request could not be answered; the log of the server says why.');
}

/** Addresses that cannot be decoded never reach a route. */
export function answerFrameworkError(error: FastifyError, _request: unknown, reply: FastifyReply): void {
  void sendProblem(reply, toProblem(error));
}

/** `HTTP/1.1` that the parser refuses never reaches a route. */
export function answerClientError(error: Error & { code?: string }, socket: NodeJS.WritableStream): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const code: ProblemCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'BAD_PARAMETER';
  const detail =
    code === 'HEADERS_TOO_LARGE'
      ? 'Ask for fewer signals at once: the address and headers may have 64 KiB.'
      : 'This is not an HTTP request.';
  socket.end(rawProblemAnswer(code, detail));
}

/** Unknown addresses below the API prefix. */
export function notFound(request: FastifyRequest): ApiProblem {
  return new ApiProblem('NOT_FOUND', `There is nothing at ${request.url.split('?')[0]?.slice(0, 200)}.`);
}

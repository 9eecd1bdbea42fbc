import type { FastifyInstance } from 'fastify';
import { ApiProblem } from '../api-problem.ts';
import type { HostRule } from '../host-rule.ts';

/** No inline script, no inline style (what a script sets on an element is no inline style), nothing from elsewhere: the dashboards carry all they need. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  // For browsers that do not know frame-ancestors.
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

/** On every answer; HSTS only where the server itself speaks TLS. API answers are never cached. */
export function installSecurityHeaders(app: FastifyInstance, tls: boolean): void {
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    if (tls) void reply.header('strict-transport-security', 'max-age=31536000');
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
    done();
  });
}

/** Refuses what was sent to a name that is not this server's. */
export function installHostRule(app: FastifyInstance, mayAnswer: HostRule): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { host } = request.headers;
    if (mayAnswer(host)) done();
    else done(new ApiProblem('HOST_REFUSED', 'This server answers to localhost and 127.0.0.1 only.'));
  });
}

/** Why an edge agent does not read a machine, as sentences for people. */
export const PROBLEM_KEYS = [
  'problem.not-listening', 'problem.no-answer', 'problem.unknown-host', 'problem.broke-off', 'problem.own-certificate', 'problem.clock',
  'problem.login', 'problem.too-many', 'problem.starting', 'problem.security', 'problem.unconfirmed', 'problem.certificate-changed',
  'problem.silent', 'problem.no-signals', 'problem.wrong-path', 'problem.language',
] as const; // prettier-ignore
export type ProblemKey = (typeof PROBLEM_KEYS)[number];

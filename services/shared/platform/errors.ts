/** Errors by what the caller can do. `code` is stable and is what programs look at; `message` is for people. */
abstract class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export interface ConfigIssue {
  /** `machines[2].endpoint` */
  readonly path: string;
  readonly message: string;
}

/** The configuration is wrong: nothing was started. Carries every issue at once. */
export class ConfigError extends CodedError {
  readonly issues: readonly ConfigIssue[];

  constructor(source: string, issues: readonly ConfigIssue[]) {
    const [first, ...others] = issues;
    const lines = issues.map((issue) => `\n  ${issue.path || '(whole file)'}: ${issue.message}`);
    const said = first?.path === '' && others.length === 0 ? ` ${first.message}` : lines.join('');
    super('CONFIG_INVALID', `${source} cannot be used:${said}`);
    this.issues = issues;
  }
}

/** The other side cannot be reached, or went away: worth another try, after `retryAfterMs` where it said so. */
export class ConnectionError extends CodedError {
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** One signal or item is wrong; the session lives on. */
export class ItemError extends CodedError {}

/** The payload is refused for good: to the dead letters. */
export class RejectedError extends CodedError {}

/** A bound was reached: slow down, try later. */
export class OverloadError extends CodedError {}

/** The store cannot write now (disk full, dead, failing): nothing may be acknowledged. */
export class StoreUnavailableError extends CodedError {}

/** A command cannot go on: one plain sentence, and what to check. Exit code non-zero. */
export class StartError extends CodedError {
  readonly check: string;

  constructor(code: string, message: string, check: string, options?: ErrorOptions) {
    super(code, message, options);
    this.check = check;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `code` of a system or coded error, else `UNKNOWN`. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'UNKNOWN';
}

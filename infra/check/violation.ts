/** One broken rule: where, what, and which rule says so. */
export interface Violation {
  readonly rule: string;
  /** File (with line where known) relative to the root of the repository. */
  readonly where: string;
  readonly message: string;
}

/** A check reads the repository below `root` and returns what is wrong there. */
export type Check = (root: string) => Promise<readonly Violation[]>;

export function formatViolation({ rule, where, message }: Violation): string {
  return `${where}: ${message} [${rule}]`;
}

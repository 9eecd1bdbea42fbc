/** Why a test may be skipped; it travels in the test's name or note and comes out in the run's summary. */
export interface SkipReason {
  readonly need: string;
  readonly remedy: string;
}

const MARK = /\[needs ([\w-]+): ([^\]]+)\]/;

/** Needs that even a strict run (CI=true or REQUIRE_ALL=1) may lack; real recordings are no part of the project. */
const EXCUSED = new Set(['asyncua', 'docker', 'influx-url', 'libfaketime', 'recordings', 'timing']);

export function skipMark(need: string, remedy: string): string {
  return `[needs ${need}: ${remedy}]`;
}

export function parseSkipMark(text: string): SkipReason | undefined {
  const match = MARK.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { need: match[1], remedy: match[2] };
}

export function isExcused(reason: SkipReason | undefined): boolean {
  return reason !== undefined && EXCUSED.has(reason.need);
}

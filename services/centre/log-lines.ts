/** Levels of pino that an operator is to see at once. */
const WARN = 40;
const ERROR = 50;

export interface NoteworthyLine {
  readonly severity: 'warning' | 'error';
  readonly text: string;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The facts of the ready line `{"ready":true,...}`, or undefined for any other line. */
export function parseReadyLine(line: string): Record<string, unknown> | undefined {
  const object = parseObject(line);
  return object?.['ready'] === true ? object : undefined;
}

/** A warning or an error in a process's JSON log, in short; undefined for everything else. */
export function parseNoteworthy(line: string): NoteworthyLine | undefined {
  const object = parseObject(line);
  const level = object?.['level'];
  if (object === undefined || typeof level !== 'number' || level < WARN) return undefined;
  const message = typeof object['msg'] === 'string' ? object['msg'] : '';
  const error = object['err'] as { message?: unknown } | undefined;
  const cause = typeof error?.message === 'string' && error.message !== message ? error.message : '';
  const text = [message, cause].filter((part) => part !== '').join(': ');
  return { severity: level >= ERROR ? 'error' : 'warning', text: text === '' ? line : text };
}

import type { SessionView } from '#contracts/api/session.ts';
import { ApiError } from './client.ts';

const PREFIX = '/api/v1';
/** The machine itself is asked. */
const TIMEOUT_MS = 10_000;

export type AlarmAction = 'acknowledge' | 'confirm';

/** Whether whoever sits here may acknowledge; `false` too where nobody answers. */
export async function mayActOnAlarms(): Promise<boolean> {
  try {
    const response = await fetch(`${PREFIX}/session`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return false;
    const { user } = (await response.json()) as SessionView;
    // Operator is the least of the roles.
    return user !== null;
  } catch {
    return false;
  }
}

/** Resolves when the machine has taken it. @throws ApiError */
export async function actOnAlarm(id: string, action: AlarmAction): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`${PREFIX}/alarms/${id}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new ApiError('UNREACHABLE', 'no answer', { cause });
  }
  if (response.ok) return;
  const { code, detail } = (await response.json()) as { code?: string; detail?: string };
  throw new ApiError(code ?? String(response.status), detail ?? response.statusText);
}

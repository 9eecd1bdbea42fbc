import { signal } from '@preact/signals';
import type { SessionView } from '#contracts/api/session.ts';
import { ApiError } from '../api/client.ts';
import type { ApiClient } from '../api/client.ts';

/** Who looks; `undefined` until the server has said so. */
export const session = signal<SessionView | undefined>(undefined);

const RETRY_MS = 5_000;
let retry: ReturnType<typeof setTimeout> | undefined;

/** Asks who the cookie is of: at the start, and whenever it may have changed in another tab. */
export async function readSession(api: ApiClient): Promise<void> {
  clearTimeout(retry);
  try {
    session.value = await api.session();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // A screen shows the same to everybody: it need not wait.
    retry = setTimeout(() => void readSession(api), RETRY_MS);
  }
}

export async function logIn(api: ApiClient, name: string, password: string): Promise<void> {
  session.value = await api.logIn(name, password);
}

export async function logOut(api: ApiClient): Promise<void> {
  session.value = await api.logOut();
}

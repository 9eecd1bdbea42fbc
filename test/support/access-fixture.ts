import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { ROLES, type Role } from '#contracts/access.ts';
import { hashPassword } from '#platform/password-hash.ts';

/** As fast as a test wants it; what is kept for people costs 60 ms. */
const CHEAP = { N: 1_024, r: 8, p: 1 };

export const passwordOf = (role: Role): string => `${role} of the test`;

/** Files of one user for each role, named after it, in `folder`: what `createApi` takes as `access`. */
export async function makeUsers(folder: string): Promise<{ usersFile: string; databaseFile: string }> {
  const usersFile = path.join(folder, 'users.yaml');
  const since = new Date(Date.now() - 1_000).toISOString();
  const users = await Promise.all(
    ROLES.map(async (role) => ({
      name: role,
      role,
      passwordHash: await hashPassword(passwordOf(role), CHEAP),
      since,
    })),
  );
  writeFileSync(usersFile, stringify({ users }));
  return { usersFile, databaseFile: path.join(folder, 'access.sqlite') };
}

/** Logs in and answers the header that a browser would send from then on. */
export async function cookieOf(baseUrl: string, role: Role): Promise<string> {
  const response = await fetch(`${baseUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: role, password: passwordOf(role) }),
  });
  if (!response.ok) throw new Error(`log-in as ${role} answered ${response.status}`);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

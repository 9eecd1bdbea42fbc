import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { ROLES, type Role } from '#contracts/access.ts';
import { userName, usersSchema, type User } from '#contracts/config/users.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { StartError } from '#platform/errors.ts';
import { hashPassword } from '#platform/password-hash.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { ensurePassword } from './secrets.ts';

const OWNER_ONLY = 0o600;
const SHORTEST_PASSWORD = 10;
/** 90 bits: nobody guesses it, and it can be typed on a tablet. */
const MADE_BYTES = 11;
const HEADER = `# Users of the dashboards. \`npm run user\` keeps this file; the services take it over while they run.
# passwordHash is scrypt, as services/shared/platform/password-hash.ts writes it.
`;

export const usersFile = (secrets: string): string => path.join(secrets, 'users.yaml');

/** Where the password that was made on the first start stands, until its user gets another one. */
const firstPassword = (name: string): string => `web-${name}`;

/** On the first start one user of each role, named after it, with a password of its own for the owner of the folder to read. */
export async function ensureUsers(secrets: string): Promise<void> {
  if (existsSync(usersFile(secrets))) return;
  const users = await Promise.all(
    ROLES.map(async (role) => {
      const { value } = ensurePassword(secrets, firstPassword(role));
      return { name: role, role, passwordHash: await hashPassword(value), since: new Date().toISOString() };
    }),
  );
  save(secrets, users);
}

export async function listUsers(secrets: string): Promise<readonly User[]> {
  const file = usersFile(secrets);
  if (!existsSync(file))
    throw new StartError(
      'NO_CENTRE',
      `There are no users in ${secrets}`,
      '`npm start` has to have run once; --data DIR names its data folder',
    );
  return (await readConfigFile(file, usersSchema)).users;
}

export interface UserOrder {
  readonly name: string;
  /** Needed for a new user; absent: the role stays. */
  readonly role?: Role | undefined;
  /** Absent: one is made. */
  readonly password?: string | undefined;
}

/**
 * Makes a user or gives one another password or role; open sessions of theirs end. Answers the password.
 *
 * @throws StartError
 */
export async function setUser(secrets: string, { name, role, password }: UserOrder): Promise<string> {
  const users = await listUsers(secrets);
  const known = users.find((user) => user.name === name);
  const next = role ?? known?.role;
  if (!userName.safeParse(name).success)
    throw badOption(`"${name}" cannot be a name`, 'lower case letters, digits, dots, hyphens, underscores');
  if (next === undefined)
    throw badOption(`There is no user ${name} yet`, `--role ${ROLES.join('|')} makes one`);
  if (password !== undefined && password.length < SHORTEST_PASSWORD)
    throw badOption('The password is too short', `${SHORTEST_PASSWORD} characters at least`);
  const value = password ?? randomBytes(MADE_BYTES).toString('base64url');
  const user = { name, role: next, passwordHash: await hashPassword(value), since: new Date().toISOString() };
  save(secrets, [...users.filter((each) => each !== known), user]);
  forgetFirstPassword(secrets, name);
  return value;
}

/** @throws StartError when there is no such user, or no admin would be left. */
export async function removeUser(secrets: string, name: string): Promise<void> {
  const users = await listUsers(secrets);
  const rest = users.filter((user) => user.name !== name);
  if (rest.length === users.length) throw badOption(`There is no user ${name}`, '`npm run user -- list`');
  if (!rest.some(({ role }) => role === 'admin'))
    throw badOption(`${name} is the last admin`, 'make another one first');
  save(secrets, rest);
  forgetFirstPassword(secrets, name);
}

function save(secrets: string, users: readonly User[]): void {
  writeFileAtomic(usersFile(secrets), HEADER + stringify({ users }), OWNER_ONLY);
}

function forgetFirstPassword(secrets: string, name: string): void {
  rmSync(path.join(secrets, `${firstPassword(name)}.password`), { force: true });
}

const badOption = (what: string, check: string): StartError => new StartError('BAD_OPTION', what, check);

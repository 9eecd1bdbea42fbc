import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyPassword } from '#platform/password-hash.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { ensureUsers, listUsers, removeUser, setUser, usersFile } from './users.ts';

test('the first start makes a user of each role, whose password its owner alone can read; a second one changes nothing', async () => {
  const secrets = temporaryFolder('users');
  await ensureUsers(secrets);
  const before = readFileSync(usersFile(secrets), 'utf8');
  await ensureUsers(secrets);
  expect(readFileSync(usersFile(secrets), 'utf8')).toBe(before);
  const users = await listUsers(secrets);
  expect(users.map(({ name, role }) => [name, role])).toEqual([
    ['operator', 'operator'],
    ['engineer', 'engineer'],
    ['admin', 'admin'],
  ]);
  const file = path.join(secrets, 'web-operator.password');
  const password = readFileSync(file, 'utf8').trim();
  expect(before).not.toContain(password);
  expect(await verifyPassword(password, users[0]?.passwordHash ?? '')).toBe(true);
  expect([usersFile(secrets), file].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600]);
});

test('a password that is set takes the place of the first one, in the clear nowhere', async () => {
  const secrets = temporaryFolder('users');
  await ensureUsers(secrets);
  const made = await setUser(secrets, { name: 'operator' });
  expect(existsSync(path.join(secrets, 'web-operator.password'))).toBe(false);
  const operator = (await listUsers(secrets)).find(({ name }) => name === 'operator');
  expect(operator?.role).toBe('operator');
  expect(await verifyPassword(made, operator?.passwordHash ?? '')).toBe(true);
});

test('what cannot be is refused with what to do', async () => {
  const secrets = temporaryFolder('users');
  await expect(setUser(secrets, { name: 'anna', role: 'admin' })).rejects.toMatchObject({
    code: 'NO_CENTRE',
  });
  await ensureUsers(secrets);
  const refused = { code: 'BAD_OPTION' };
  await expect(setUser(secrets, { name: 'anna' })).rejects.toMatchObject(refused);
  await expect(setUser(secrets, { name: 'An na', role: 'admin' })).rejects.toMatchObject(refused);
  await expect(setUser(secrets, { name: 'anna', role: 'admin', password: 'short' })).rejects.toMatchObject(
    refused,
  );
  await expect(removeUser(secrets, 'nobody')).rejects.toMatchObject(refused);
  await expect(removeUser(secrets, 'admin')).rejects.toMatchObject(refused);
  await setUser(secrets, { name: 'anna', role: 'admin', password: 'long enough it is' });
  await removeUser(secrets, 'admin');
  expect((await listUsers(secrets)).map(({ name }) => name)).toEqual(['operator', 'engineer', 'anna']);
});

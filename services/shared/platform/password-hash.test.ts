import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password-hash.ts';

test('a hash accepts its own password and no other', async () => {
  const hash = await hashPassword('correct horse');
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('correct horse ', hash)).toBe(false);
});

test('two hashes of one password differ', async () => {
  expect(await hashPassword('a')).not.toBe(await hashPassword('a'));
});

test.each([
  '',
  'a',
  'scrypt$1$2',
  'scrypt$x$8$1$AAAA$AAAA',
  'scrypt$3$8$1$AAAA$AAAA',
  'bcrypt$1$1$1$AAAA$AAAA',
])('what is not a hash of ours is refused: %s', async (hash) => {
  expect(await verifyPassword('a', hash)).toBe(false);
});

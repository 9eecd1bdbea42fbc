import { z } from 'zod';
import { ROLES } from '../access.ts';

/** Names are compared without regard to case, so they are kept in lower case. */
export const userName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
  error: 'must be 1-64 lower case letters, digits, dots, hyphens, underscores',
});

export const userSchema = z.object({
  name: userName,
  role: z.enum(ROLES),
  /** As #platform/password-hash.ts writes it: `scrypt$N$r$p$salt$hash`. Never a password. */
  passwordHash: z
    .string()
    .regex(/^scrypt\$\d+\$\d+\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$/, { error: 'must be a scrypt hash' }),
  /** When the password was set, ISO 8601: sessions that are older are void. */
  since: z.iso.datetime(),
});
export type User = z.infer<typeof userSchema>;

/** The users of the dashboards, as `npm run user` keeps them: taken over while the services run. */
export const usersSchema = z
  .object({ users: z.array(userSchema) })
  .refine(({ users }) => new Set(users.map(({ name }) => name)).size === users.length, {
    error: 'every name must be there once only',
    path: ['users'],
  });
export type Users = z.infer<typeof usersSchema>;

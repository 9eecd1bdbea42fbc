import { readFileSync, statSync } from 'node:fs';
import { usersSchema, type User } from '#contracts/config/users.ts';
import { parseConfig } from '#platform/config-file.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';

/** The users as their file has them now: `npm run user` may change it at any time. */
export class UserFile {
  readonly #file: string | undefined;
  readonly #log: Logger;
  #stamp = '';
  #users: ReadonlyMap<string, User> = new Map();

  /** Without a file there are no users. */
  constructor(file: string | undefined, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  find(name: string): User | undefined {
    this.#look();
    return this.#users.get(name);
  }

  /** A file that is gone or wrong lets nobody in. */
  #look(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp === this.#stamp) return;
      this.#users = new Map();
      this.#stamp = stamp;
      const { users } = parseConfig(readFileSync(file, 'utf8'), usersSchema, file);
      this.#users = new Map(users.map((user) => [user.name, user]));
    } catch (error) {
      if (this.#stamp !== 'failed') this.#log.error({ file, problem: messageOf(error) }, 'nobody can log in');
      this.#stamp = 'failed';
      this.#users = new Map();
    }
  }
}

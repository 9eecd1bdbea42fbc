import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';

const PASSWORD_BYTES = 24;
const OWNER_ONLY = 0o600;

/** A password with the file that holds it, so that configurations name the file and never the password. */
export interface Secret {
  readonly file: string;
  readonly value: string;
}

/** The password `name` of this centre, made on the first run. Readable by its owner alone. */
export function ensurePassword(folder: string, name: string): Secret {
  const file = path.join(folder, `${name}.password`);
  if (existsSync(file)) {
    const value = readFileSync(file, 'utf8').trim();
    if (value !== '') return { file, value };
  }
  const value = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileAtomic(file, `${value}\n`, OWNER_ONLY);
  return { file, value };
}

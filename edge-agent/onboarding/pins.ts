import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const pinsSchema = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/** Certificates that a person confirmed before a machine of that endpoint was added: endpoint -> SHA-256. */
export class Pins {
  readonly #file: string;

  constructor(pkiDir: string) {
    this.#file = join(pkiDir, 'confirmed-servers.json');
  }

  async #read(): Promise<Record<string, string>> {
    const text = await readFile(this.#file, 'utf8').catch(() => '{}');
    return pinsSchema.parse(JSON.parse(text));
  }

  async of(endpoint: string): Promise<string | undefined> {
    return (await this.#read())[endpoint];
  }

  async set(endpoint: string, sha256: string): Promise<void> {
    const pins = { ...(await this.#read()), [endpoint]: sha256 };
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await writeFile(`${this.#file}.new`, `${JSON.stringify(pins, null, 2)}\n`, { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }
}

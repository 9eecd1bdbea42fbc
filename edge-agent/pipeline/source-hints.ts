import { join } from 'node:path';
import { replaceFile, type Disk } from '../journal/disk.ts';

/** What sources want to find again after a restart, one small file a machine. */
export class SourceHints {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #hints = new Map<string, unknown>();
  #writing: Promise<void> = Promise.resolve();

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = join(dir, 'hints');
  }

  async start(): Promise<void> {
    await this.#disk.ensureDir(this.#dir);
    for (const name of await this.#disk.list(this.#dir)) {
      if (!name.endsWith('.json')) continue;
      const bytes = await this.#disk.readFile(join(this.#dir, name));
      if (bytes) this.#hints.set(name.slice(0, -5), JSON.parse(Buffer.from(bytes).toString('utf8')));
    }
  }

  of(machineId: string): unknown {
    return this.#hints.get(machineId);
  }

  save(machineId: string, hints: unknown): Promise<void> {
    const text = JSON.stringify(hints);
    const done = this.#writing.then(async () => {
      await replaceFile(this.#disk, this.#dir, `${machineId}.json`, Buffer.from(text));
      this.#hints.set(machineId, JSON.parse(text));
    });
    this.#writing = done.catch(() => {});
    return done;
  }
}

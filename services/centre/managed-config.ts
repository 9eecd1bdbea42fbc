import { existsSync, readFileSync } from 'node:fs';
import { Document, parseDocument } from 'yaml';
import { ConfigError } from '#platform/errors.ts';
import { writeFileAtomic } from './atomic-file.ts';

/** A key of a YAML file with its value; `undefined` removes the key. */
export type ManagedEntry = readonly [keyPath: readonly string[], value: unknown];

/** A YAML file of which the centre keeps some keys in order, while all else, comments too, belongs to the user. */
export class ManagedConfig {
  readonly #file: string;
  readonly #before: string | undefined;
  readonly document: Document;

  /** @param header comment at the head of a new file, without `#` */
  constructor(file: string, header: string) {
    this.#file = file;
    this.#before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    const parsed = this.#before === undefined ? undefined : parseDocument(this.#before);
    if (parsed !== undefined && parsed.errors.length > 0) {
      throw new ConfigError(
        file,
        parsed.errors.map(({ message }) => ({ path: '', message: `not YAML: ${message}` })),
      );
    }
    this.document = parsed === undefined || parsed.contents === null ? new Document({}) : parsed;
    if (this.#before === undefined) this.document.commentBefore = header;
  }

  get isNew(): boolean {
    return this.#before === undefined;
  }

  set(entries: readonly ManagedEntry[]): this {
    for (const [keyPath, value] of entries) {
      if (value === undefined) this.document.deleteIn(keyPath);
      else this.document.setIn(keyPath, this.document.createNode(value));
    }
    return this;
  }

  /** Writes the file when something changed. */
  save(): void {
    const text = this.document.toString();
    if (text !== this.#before) writeFileAtomic(this.#file, text);
  }
}

/** The agent's YAML file as a person wrote it: read, changed in place (comments stay), checked, written atomically. */
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { edgeAgentConfigSchema, type EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { parseConfig } from '#platform/config-file.ts';
import { ConfigError, StartError, codeOf, messageOf } from '#platform/errors.ts';

const NEW_FILE = {
  site: 'brest',
  agent: 'edge-1',
  mqtt: { url: 'mqtt://127.0.0.1:1883' },
  machines: [],
};

export class AgentFile {
  readonly path: string;
  #document: Document;
  #before: string | undefined;
  /** What was done to the document, to be done again to what others wrote meanwhile. */
  readonly #changes: (() => void)[] = [];

  private constructor(path: string, document: Document, before: string | undefined) {
    this.path = path;
    this.#document = document;
    this.#before = before;
  }

  /** @param dataDir goes into a file that is made anew @throws ConfigError when it is not YAML */
  static async open(path: string, dataDir: string): Promise<AgentFile> {
    const text = await readText(path);
    if (text === undefined) {
      const document = new Document({ ...NEW_FILE, dataDir: resolve(dataDir) });
      document.commentBefore =
        ' Configuration of an edge agent. Reference: docs/reference/config. The running agent applies changes of\n machines at once.';
      return new AgentFile(path, document, undefined);
    }
    return new AgentFile(path, parse(text, path), text);
  }

  get isNew(): boolean {
    return this.#before === undefined;
  }

  /** @throws ConfigError */
  config(): EdgeAgentConfig {
    return parseConfig(this.#document.toString(), edgeAgentConfigSchema, this.path);
  }

  #machines(): YAMLSeq {
    const found = this.#document.get('machines');
    if (isSeq(found)) {
      // `machines: []` would keep new entries on one line.
      found.flow = false;
      return found;
    }
    this.#document.set('machines', this.#document.createNode([]));
    return this.#document.get('machines') as YAMLSeq;
  }

  #machine(id: string): YAMLMap | undefined {
    return this.#machines().items.find((item): item is YAMLMap => isMap(item) && item.get('id') === id);
  }

  hasMachine(id: string): boolean {
    return this.#machine(id) !== undefined;
  }

  /** @throws StartError when there is such a machine */
  assertFree(id: string): void {
    if (this.hasMachine(id))
      throw new StartError(
        'MACHINE_EXISTS',
        `${this.path} has a machine "${id}" already`,
        `choose another --id, or remove it first: npm run edge -- remove ${id}`,
      );
  }

  addMachine(machine: { readonly id: string }, comment?: string): void {
    this.#change(() => this.#add(machine, comment));
  }

  #change(change: () => void): void {
    change();
    this.#changes.push(change);
  }

  #add(machine: { readonly id: string }, comment: string | undefined): void {
    this.assertFree(machine.id);
    const node = this.#document.createNode(machine) as YAMLMap;
    if (comment !== undefined) node.commentBefore = ` ${comment}`;
    this.#machines().add(node);
  }

  /** @throws StartError when there is no such machine */
  removeMachine(id: string): void {
    this.#change(() => this.#remove(id));
  }

  #remove(id: string): void {
    const machines = this.#machines();
    const index = machines.items.findIndex((item) => isMap(item) && item.get('id') === id);
    if (index < 0)
      throw new StartError(
        'NO_MACHINE',
        `${this.path} has no machine "${id}"`,
        'npm run edge -- list shows them',
      );
    machines.delete(index);
  }

  /** Pins the certificate of every machine behind `endpoint`; answers their ids. */
  pin(endpoint: string, sha256: string): string[] {
    let ids: string[] = [];
    this.#change(() => {
      ids = this.#pin(endpoint, sha256);
    });
    return ids;
  }

  #pin(endpoint: string, sha256: string): string[] {
    const ids: string[] = [];
    for (const item of this.#machines().items) {
      if (!isMap(item) || item.getIn(['opcua', 'endpoint']) !== endpoint) continue;
      item.setIn(['opcua', 'serverCertificateSha256'], sha256);
      ids.push(String(item.get('id')));
    }
    return ids;
  }

  async #takeUp(): Promise<void> {
    const text = await readText(this.path);
    if (text === undefined || text === this.#before) return;
    this.#document = parse(text, this.path);
    this.#before = text;
    for (const change of this.#changes) change();
  }

  /**
   * Checks the whole and writes it, so that a reader sees the old file or the new one, never a part. What others wrote since it
   * was read (a server takes its time to be browsed) stays.
   * @throws ConfigError, StartError
   */
  async save(): Promise<void> {
    await this.#takeUp();
    this.config();
    const text = this.#document.toString({ lineWidth: 110 });
    if (text === this.#before) return;
    const temporary = `${this.path}.${process.pid}.new`;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const file = await open(temporary, 'w', 0o640);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.path);
    } catch (error) {
      throw new StartError(
        'NOT_WRITABLE',
        `${this.path} cannot be written: ${messageOf(error)}`,
        'permissions and free space of that folder',
        { cause: error },
      );
    }
  }
}

/** `undefined`: there is none. One that is there and cannot be read must not be taken for that. @throws StartError */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    const check = 'owner and permissions of the file; --config names another one';
    throw new StartError('NOT_READABLE', `${path} cannot be read: ${messageOf(error)}`, check, {
      cause: error,
    });
  }
}

/** @throws ConfigError */
function parse(text: string, path: string): Document {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document;
  throw new ConfigError(
    path,
    document.errors.map(({ message }) => ({ path: '', message: `not YAML: ${message}` })),
  );
}

export const exists = async (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

import { join } from 'node:path';
import { ownIdentity } from '../../../edge-agent/sources/opcua/pki.ts';
import { freePort } from '../../support/free-ports.ts';
import { spawnUntilReady, type SpawnedProcess } from '../../support/spawned-process.ts';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('server.py', import.meta.url));
export const MACHINE_URI = 'urn:test:machine';
export const OTHER_URI = 'urn:test:other';
/** Flow, Still, Ghost, S0..S39, Republished, Parcel. */
export const SIGNALS = 45;

export interface ForeignOptions {
  readonly python: string;
  readonly folder: string;
}

export interface ServerChoice {
  readonly namespaces?: readonly string[];
  readonly hasGhost?: boolean;
  /** Flow counts up from here. */
  readonly first?: number;
}

/** One asyncua server, started again and again on the same port with the same certificate. */
export class ForeignServer {
  readonly #options: ForeignOptions;
  readonly #fixed: Readonly<Record<string, unknown>>;
  readonly endpoint: string;
  readonly sha256: string;
  #process: SpawnedProcess | undefined;

  private constructor(options: ForeignOptions, fixed: Readonly<Record<string, unknown>>, sha256: string) {
    this.#options = options;
    this.#fixed = fixed;
    this.endpoint = `opc.tcp://127.0.0.1:${String(fixed['port'])}`;
    this.sha256 = sha256;
  }

  static async make(options: ForeignOptions): Promise<ForeignServer> {
    const identity = await ownIdentity(join(options.folder, 'foreign-pki'), 'Foreign server');
    const fixed = {
      port: await freePort(),
      certificate: identity.certificateFile,
      key: identity.privateKeyFile,
      applicationUri: identity.applicationUri,
      history: join(options.folder, 'history.db'),
    };
    return new ForeignServer(options, fixed, identity.certificateSha256);
  }

  get port(): number {
    return Number(this.#fixed['port']);
  }

  async start({
    namespaces = [MACHINE_URI, OTHER_URI],
    hasGhost = true,
    first = 0,
  }: ServerChoice = {}): Promise<void> {
    const choice = { ...this.#fixed, namespaces, hasGhost, first };
    this.#process = await spawnUntilReady(this.#options.python, { args: [SCRIPT, JSON.stringify(choice)] });
  }

  /** As by a power cut. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.exited;
  }
}

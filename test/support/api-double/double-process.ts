import { spawnApp } from '../spawned-process.ts';
import type { SpawnedProcess } from '../spawned-process.ts';

const SERVER = 'test/support/api-double/server.ts';

/** The stand-in for the API as a process of its own, to be frozen, killed and brought back on the same port. */
export class DoubleProcess {
  readonly #plant: 'invented' | 'brest';
  #process: SpawnedProcess | undefined;
  #port = 0;

  constructor(plant: 'invented' | 'brest' = 'invented') {
    this.#plant = plant;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#process = await spawnApp(SERVER, { args: [String(this.#port), this.#plant] });
    this.#port = (JSON.parse(this.#process.readyLine) as { port: number }).port;
  }

  /** Does something to the invented plant while pages look at it: `offline?machine=...` and the like, see trouble.ts. */
  async tell(what: string): Promise<void> {
    await fetch(`${this.baseUrl}/double/${what}`);
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** At once, also of a frozen one: nothing of it is worth keeping. */
  async stop(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.exited;
  }
}

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { findProgram } from '../../support/programs.ts';
import { influxRows, readInflux, type InfluxAddress } from '../../verify/influx-contents.ts';
import { InfluxGate } from './influx-gate.ts';

const DATABASE = 'plant';
const ROOT = { username: 'root', password: 'root-of-the-harness' };
const CENTRE = { username: 'centre', password: 'centre-of-the-harness' };

interface SideParts {
  readonly influxd: Influxd;
  readonly gate: InfluxGate;
  readonly passwordFile: string;
  /** What the services' configuration says beside the address. */
  readonly store: object;
}

/** A real influxd with users, and the gate before it through which the services reach it. */
export class InfluxSide {
  readonly influxd: Influxd;
  readonly gate: InfluxGate;
  readonly #passwordFile: string;

  readonly #store: object;

  private constructor({ influxd, gate, passwordFile, store }: SideParts) {
    this.influxd = influxd;
    this.gate = gate;
    this.#passwordFile = passwordFile;
    this.#store = store;
  }

  /** `dataDir`: its own folder, where its disk is to be a small one; `store`: more of the services' configuration. */
  static async start(dir: string, dataDir?: string, store: object = {}): Promise<InfluxSide> {
    const influxd = await startInfluxd(findProgram('influxd') ?? 'influxd', {
      directory: dataDir ?? path.join(dir, 'influxd'),
      auth: true,
    });
    process.on('exit', () => void influxd.kill());
    await influxd.query(`CREATE USER ${ROOT.username} WITH PASSWORD '${ROOT.password}' WITH ALL PRIVILEGES`);
    const gate = new InfluxGate(influxd.url);
    await gate.start();
    const passwordFile = path.join(dir, 'influxdb-password');
    writeFileSync(passwordFile, CENTRE.password);
    const side = new InfluxSide({ influxd, gate, passwordFile, store });
    // Who may make databases is an administrator in 1.x.
    await side.ask(`CREATE USER ${CENTRE.username} WITH PASSWORD '${CENTRE.password}' WITH ALL PRIVILEGES`);
    return side;
  }

  get storeConfig(): object {
    return {
      kind: 'influxdb',
      url: this.gate.url,
      database: DATABASE,
      username: CENTRE.username,
      passwordFile: this.#passwordFile,
      timeoutMs: 5_000,
      ...this.#store,
    };
  }

  get address(): InfluxAddress {
    return { url: this.influxd.url, database: DATABASE, ...ROOT };
  }

  async ask(statement: string): Promise<void> {
    await influxRows(this.address, '', statement);
  }

  /** How long the samples are kept from now on: `1h`, `INF`. */
  async keep(duration: string): Promise<void> {
    await this.ask(
      `ALTER RETENTION POLICY "autogen" ON "${DATABASE}" DURATION ${duration} SHARD DURATION 1h`,
    );
  }

  /** Takes our right to write away, or gives it back. */
  async changePassword(isOurs: boolean): Promise<void> {
    const password = isOurs ? CENTRE.password : 'somebody-elses';
    await this.ask(`SET PASSWORD FOR ${CENTRE.username} = '${password}'`);
  }

  /** Samples of a machine, of this time (ms) or later, are there. */
  async hasSince(machine: string, timeMs: number): Promise<boolean> {
    const where = `WHERE "machine" = '${machine}' AND time >= ${timeMs}ms`;
    const rows = await influxRows(this.address, DATABASE, `SELECT first("seq") FROM /.*/ ${where}`);
    return rows.length > 0;
  }

  /** The newest stream of records has no hole. */
  async isWithoutHole(): Promise<boolean> {
    const { streams } = await readInflux(this.address, Date.now());
    return streams.at(-1)?.received.length === 1;
  }

  async stop(): Promise<void> {
    await this.gate.stop();
    await this.influxd.kill();
  }
}

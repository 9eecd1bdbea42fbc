import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parse, parseDocument, stringify } from 'yaml';
import { startCentre, type CentreProcess, type CentreStatus } from '../support/centre-process.ts';

/** What both sides have counted, in samples. */
export interface Counters {
  readonly read: number;
  readonly stored: number;
}

/** A centre that runs: one of our own, or one that was there already. */
export class RunningCentre {
  readonly dataDir: string;
  readonly dashboardUrl: string;
  /** What the machines produced; a centre that was there already keeps none. */
  readonly ledger: string | undefined;
  readonly #own: CentreProcess | undefined;

  private constructor(facts: {
    dataDir: string;
    dashboardUrl: string;
    ledger?: string;
    own?: CentreProcess;
  }) {
    this.dataDir = facts.dataDir;
    this.dashboardUrl = facts.dashboardUrl;
    this.ledger = facts.ledger;
    this.#own = facts.own;
  }

  /** The real `npm start` in a folder of its own; its simulators keep a ledger. */
  static async start(dataDir: string): Promise<RunningCentre> {
    const ledger = path.join(dataDir, 'ledger.jsonl');
    await mkdir(path.join(dataDir, 'config'), { recursive: true });
    writeFileSync(path.join(dataDir, 'config', 'simulators.yaml'), stringify({ ledger, ledgerAtOnce: true }));
    const own = await startCentre(dataDir, [], 240_000);
    return new RunningCentre({ dataDir, dashboardUrl: own.dashboardUrl, ledger, own });
  }

  /** The one whose state lies in `dataDir`. @throws when none runs there */
  static attach(dataDir: string): RunningCentre {
    const file = path.join(dataDir, 'centre.json');
    if (!existsSync(file)) throw new Error(`no centre runs with --data ${dataDir}`);
    const { dashboardUrl } = JSON.parse(readFileSync(file, 'utf8')) as CentreStatus;
    return new RunningCentre({ dataDir, dashboardUrl });
  }

  async stop(): Promise<void> {
    await this.#own?.pressCtrlC();
  }

  get #agentFile(): string {
    return path.join(this.dataDir, 'config', 'edge-agent.yaml');
  }

  /** Address of the broker as the agent has it. */
  brokerUrl(): URL {
    const { mqtt } = parse(readFileSync(this.#agentFile, 'utf8')) as { mqtt: { url: string } };
    return new URL(mqtt.url);
  }

  /** The agent takes another address over without a restart. */
  setBrokerUrl(url: string): void {
    const document = parseDocument(readFileSync(this.#agentFile, 'utf8'));
    document.setIn(['mqtt', 'url'], url);
    writeFileSync(`${this.#agentFile}.new`, String(document));
    renameSync(`${this.#agentFile}.new`, this.#agentFile);
  }

  /** Samples of the agent's journal and of the store, in the agent's current epoch. */
  async counters(): Promise<Counters> {
    const [metrics, audit] = await Promise.all([this.#agentMetrics(), this.audit()]);
    const read = /^edge_agent_samples_journaled (\S+)$/m.exec(metrics)?.[1];
    return { read: Number(read), stored: audit.find(({ current }) => current)?.stored ?? 0 };
  }

  async #agentMetrics(): Promise<string> {
    const { diagnostics } = parse(readFileSync(this.#agentFile, 'utf8')) as { diagnostics: { port: number } };
    return (await fetch(`http://127.0.0.1:${diagnostics.port}/metrics`)).text();
  }

  async audit(): Promise<readonly StreamBooks[]> {
    const response = await fetch(new URL('/api/v1/audit/streams', this.dashboardUrl));
    return ((await response.json()) as { items: StreamBooks[] }).items;
  }

  get historianDir(): string {
    return path.join(this.dataDir, 'services', 'historian');
  }
}

export interface StreamBooks {
  readonly current: boolean;
  readonly produced: number | null;
  readonly stored: number;
  readonly storedAtCut: number;
  readonly rejected: number;
  readonly declaredLost: number;
  readonly inFlight: number;
  readonly missing: readonly unknown[];
  readonly unexplained: number | null;
}

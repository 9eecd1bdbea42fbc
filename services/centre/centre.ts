import { existsSync, mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CentreConfig, CentreProcess } from '#contracts/config/centre.ts';
import { AGENT_ID, checkAppConfigs, configFile, writeAgentMachines, writeAppConfigs } from './app-configs.ts';
import type { CentreFacts } from './app-configs.ts';
import { NODE_OPTIONS } from './node-options.ts';
import { ProcessOutput } from './process-output.ts';
import { StatusFile } from './status-file.ts';
import { SupervisedProcess } from './supervised-process.ts';
import type { Terminal } from './terminal.ts';

const ENTRIES: Readonly<Record<CentreProcess, string>> = {
  broker: 'services/broker/main.ts',
  simulators: 'simulators/main.ts',
  'edge-agent': 'edge-agent/main.ts',
  services: 'services/main.ts',
};
/** Chains run side by side, the processes of a chain one after the other; the agent follows when all are up. */
const START_CHAINS: readonly (readonly CentreProcess[])[] = [['simulators'], ['broker', 'services']];
/** Nobody waits longer than this without a word. */
const REMINDER_INTERVAL_MS = 10_000;

/** The agent says good-bye while broker and ingest still listen; whoever dawdles holds nobody up for long. */
const STOP_STAGES: readonly { readonly names: readonly CentreProcess[]; readonly headStartMs: number }[] = [
  { names: ['edge-agent'], headStartMs: 2_500 },
  { names: ['services', 'simulators'], headStartMs: 4_000 },
  { names: ['broker'], headStartMs: 0 },
];
const STOP_BOUND_MS = 8_500;
const READY_TIMEOUT_MS = 90_000;

/** All processes of the centre under one roof. */
export class Centre {
  readonly #facts: CentreFacts;
  readonly #terminal: Terminal;
  readonly #status: StatusFile;
  readonly #processes = new Map<CentreProcess, SupervisedProcess>();

  constructor(facts: CentreFacts, terminal: Terminal) {
    this.#facts = facts;
    this.#terminal = terminal;
    this.#status = new StatusFile(path.join(facts.folder.root, 'centre.json'));
  }

  get hasDashboard(): boolean {
    return !this.#facts.config.without.includes('services');
  }

  get dashboardUrl(): string {
    const { isPublic, connectHost, http } = this.#facts.network;
    return `${isPublic ? 'https' : 'http'}://${connectHost}:${http}/`;
  }

  /** Where others find the dashboards when the centre listens on every address. */
  get networkUrls(): readonly string[] {
    const { host, http } = this.#facts.network;
    if (!this.hasDashboard || (host !== '0.0.0.0' && host !== '::')) return [];
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const outside = addresses.filter(({ internal, family }) => !internal && family === 'IPv4');
    return outside.map(({ address }) => `https://${address}:${http}/`);
  }

  /** Where the passwords of the first start stand. */
  get passwordsNote(): string {
    return `${path.join(this.#facts.folder.secrets, 'web-*.password')}, or npm run user`;
  }

  /** Resolves when everything is up. @throws StartError, ConfigError; stop() then ends what had come up */
  async start(signal: AbortSignal): Promise<void> {
    await writeAppConfigs(this.#facts);
    await checkAppConfigs(this.#facts);
    await Promise.all(START_CHAINS.map((chain) => this.#startChain(chain, signal)));
    await this.#startChain(['edge-agent'], signal);
  }

  /** Ends every process within 9 s, the obstinate ones by force. */
  async stop(): Promise<void> {
    const endMs = performance.now() + STOP_BOUND_MS;
    const stopping: Promise<unknown>[] = [];
    for (const { names, headStartMs } of STOP_STAGES) {
      const running = names.flatMap((name) => this.#processes.get(name) ?? []);
      const stopped = Promise.all(running.map((process) => process.stop(endMs - performance.now())));
      stopping.push(stopped);
      await Promise.race([stopped, delay(headStartMs, undefined, { ref: false })]);
    }
    await Promise.all(stopping);
    this.#status.remove();
  }

  /** Ends everything at once, by force: the user asked twice. */
  async kill(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.stop(0)));
    this.#status.remove();
  }

  async #startChain(names: readonly CentreProcess[], signal: AbortSignal): Promise<void> {
    for (const name of names.filter((one) => !this.#facts.config.without.includes(one))) {
      await this.#startOne(name, signal);
    }
  }

  async #startOne(name: CentreProcess, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (name === 'edge-agent') await this.#announceMachines();
    signal.throwIfAborted();
    const process = this.#create(name);
    this.#processes.set(name, process);
    const reminder = setInterval(
      () => this.#terminal.progress(`${name} still starting`),
      REMINDER_INTERVAL_MS,
    );
    await process.start().finally(() => clearInterval(reminder));
    signal.throwIfAborted();
    this.#terminal.progress(`${name} up${this.#whereabouts(name)}`);
    if (name === 'edge-agent') this.#announceAgent();
  }

  #create(name: CentreProcess): SupervisedProcess {
    const { folder, projectRoot } = this.#facts;
    return new SupervisedProcess({
      spec: {
        name,
        entry: path.join(projectRoot, ENTRIES[name]),
        configFile: configFile(folder, name),
        cwd: projectRoot,
        readyTimeoutMs: READY_TIMEOUT_MS,
        nodeOptions: NODE_OPTIONS[name],
      },
      output: new ProcessOutput(name, folder.logs, this.#terminal),
      terminal: this.#terminal,
      beforeRestart: () => this.#replaceConfig(name),
      // Simulators on any free ports come back on other ones: the agent must learn them.
      onRestarted: async () => {
        if (name === 'simulators') await this.#announceMachines();
      },
      onChange: () => {
        this.#status.write(this.dashboardUrl, [...this.#processes.values()]);
      },
    });
  }

  /** Somebody removed it while the centre runs: without it the process could never come back. */
  async #replaceConfig(name: CentreProcess): Promise<void> {
    const file = configFile(this.#facts.folder, name);
    if (existsSync(file)) return;
    mkdirSync(path.dirname(file), { recursive: true });
    await writeAppConfigs(this.#facts);
    if (name === 'edge-agent') await this.#announceMachines();
    this.#terminal.progress(`${file} was gone: written again, without what you had set there`);
  }

  async #announceMachines(): Promise<void> {
    if (this.#facts.config.without.includes('simulators')) return;
    for (const id of await writeAgentMachines(this.#facts)) {
      this.#terminal.progress(
        `machine ${id} of the plant is not read: your configuration has its own machine of this id`,
      );
    }
  }

  #announceAgent(): void {
    if (!this.#facts.config.without.includes('simulators')) return;
    this.#terminal.progress(`no simulators: ${AGENT_ID} reads what \`npm run edge\` has added`);
  }

  #whereabouts(name: CentreProcess): string {
    const { network } = this.#facts;
    const places: Partial<Record<CentreProcess, string>> = {
      broker: `: MQTT${network.isPublic ? ' over TLS' : ''} on ${network.connectHost}:${network.mqtt}`,
      simulators: `: ${this.#machineCount(this.#facts.config)} OPC UA servers`,
      services: `: ingest, historian, API`,
    };
    return places[name] ?? '';
  }

  #machineCount({ replays }: CentreConfig): number {
    const machines = this.#facts.plant.machines.reduce((sum, { count }) => sum + count, 0);
    return machines + replays.length;
  }
}

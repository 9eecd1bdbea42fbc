import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { HealthComponent } from '#platform/metrics.ts';
import { nodeDisk, type Disk } from './journal/disk.ts';
import type { Journal, JournalStats } from './journal/journal.ts';
import { SegmentedJournal } from './journal/segmented-journal.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import type { Source } from './pipeline/source.ts';
import type { MqttConnect } from './publish/mqtt-session.ts';
import { thinRecords } from './pipeline/thin-records.ts';
import { Publisher } from './publish/publisher.ts';

export interface EdgeAgentOptions {
  readonly config: EdgeAgentConfig;
  /** Makes the source of one machine, by what its configuration says. */
  readonly createSource: (machine: MachineConfig, config: EdgeAgentConfig) => Source;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly disk?: Disk;
  readonly connect?: MqttConnect;
  /** 16 hex digits. */
  readonly newEpoch?: () => string;
}

interface RunningSource {
  readonly source: Source;
  /** Configuration as text: another one means another source. */
  readonly text: string;
}

const PRUNE_MS = 30_000;
const SOURCE_STOP_MS = 7_000;

/** Sources, journal and publisher of one agent, and what it says of itself. */
export class EdgeAgent {
  readonly #options: EdgeAgentOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  #config: EdgeAgentConfig;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  #publisher: Publisher;
  readonly #sources = new Map<string, RunningSource>();
  readonly #abort = new AbortController();
  #timers: NodeJS.Timeout[] = [];
  /** Names this run: see AgentHealth. */
  readonly #run = randomBytes(6).toString('hex');
  /** Sequence of the newest checkpoint. What was journaled while it was written may lie behind it. */
  #checkpointed = 0;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: EdgeAgentOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#config = options.config;
    const { config, log } = options;
    const disk = options.disk ?? nodeDisk;
    const dir = config.journal.dir ?? join(config.dataDir, 'journal');
    const { newEpoch } = options;
    const { payloadBytes } = config.delivery;
    this.journal = new SegmentedJournal({
      ...config.journal,
      dir,
      disk,
      clock: this.#clock,
      log,
      ...(newEpoch && { newEpoch }),
      thin: (records) => thinRecords(records, { aliases: this.pipeline.catalogues.aliases, payloadBytes }),
    });
    this.pipeline = new Pipeline({ journal: this.journal, disk, dir, clock: this.#clock, log, payloadBytes });
    this.#publisher = this.#newPublisher();
  }

  #newPublisher(): Publisher {
    return new Publisher({
      config: this.#config,
      journal: this.journal,
      pipeline: this.pipeline,
      clock: this.#clock,
      log: this.#log,
      health: () => this.health(),
      connect: this.#options.connect,
      command: (command) => this.#command(command),
    });
  }

  get publisher(): Publisher {
    return this.#publisher;
  }

  async start(): Promise<void> {
    await this.journal.start();
    await this.pipeline.start();
    this.#publisher.start();
    await this.#adoptMachines();
    this.journal.onDurable((records) => {
      // A new epoch begins with 1.
      if ((records[0]?.sequence ?? 0) <= this.#checkpointed) this.#checkpointed = 0;
      const newest = records.findLast(({ kind }) => kind === 'checkpoint');
      this.#checkpointed = newest?.sequence ?? this.#checkpointed;
    });
    this.#every(this.#config.delivery.checkpointMs, () => this.#checkpoint());
    this.#every(PRUNE_MS, () => this.pipeline.catalogues.prune(this.journal.stats().tail));
    this.#every(PRUNE_MS, () => this.journal.lookAtQuarantine());
  }

  #every(intervalMs: number, work: () => Promise<void>): void {
    const timer = setInterval(() => {
      work().catch((error: unknown) => this.#log.warn({ why: messageOf(error) }, 'a periodic task failed'));
    }, intervalMs);
    this.#timers.push(timer);
  }

  /** Sources first, so that nothing comes any more; subscriptions stay on the servers for the take-over. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#reloading;
    await Promise.all([...this.#sources.keys()].map((id) => this.#stopSource(id, 'keep')));
    this.#abort.abort();
    await this.#publisher.stop();
    await this.journal.stop();
  }

  /** Takes another configuration over without a restart, as far as that goes. */
  reload(config: EdgeAgentConfig): Promise<void> {
    const done = this.#reloading.then(() => this.#reload(config));
    this.#reloading = done.catch((error: unknown) =>
      this.#log.error({ why: messageOf(error) }, 'the new configuration could not be taken over'),
    );
    return done;
  }

  async #reload(config: EdgeAgentConfig): Promise<void> {
    const before = this.#config;
    const fixed = ['site', 'agent', 'dataDir', 'journal', 'diagnostics'] as const;
    const ignored = fixed.filter((key) => !same(before[key], config[key]));
    if (ignored.length > 0) this.#log.warn({ ignored }, 'these settings need a restart of the agent');
    this.#config = { ...config, ...Object.fromEntries(fixed.map((key) => [key, before[key]])) };
    if (!same(before.mqtt, config.mqtt) || !same(before.delivery, config.delivery)) {
      await this.#publisher.stop();
      this.#publisher = this.#newPublisher();
      this.#publisher.start();
    }
    await this.#adoptMachines();
    this.#log.info({ machines: this.#sources.size }, 'configuration taken over');
  }

  /** Stops what left or changed, starts what is new. */
  async #adoptMachines(): Promise<void> {
    const wanted = new Map(
      this.#config.machines.filter(({ enabled }) => enabled).map((one) => [one.id, one]),
    );
    for (const [id, { text }] of this.#sources) {
      const machine = wanted.get(id);
      if (machine && this.#textOf(machine) === text) continue;
      await this.#stopSource(id, machine ? 'keep' : 'remove');
    }
    for (const id of this.pipeline.catalogues.ids()) if (!wanted.has(id)) await this.#removeMachine(id);
    for (const machine of wanted.values())
      if (!this.#sources.has(machine.id)) await this.#startSource(machine);
  }

  #textOf(machine: MachineConfig): string {
    return JSON.stringify([machine, this.#config.opcua, this.#config.assetPath]);
  }

  async #removeMachine(id: string): Promise<void> {
    if (this.pipeline.catalogues.isRemoved(id)) return;
    this.pipeline.link(id, 'offline');
    await this.pipeline.endConditions(id);
    await this.pipeline.catalogues.remove(id);
  }

  async #startSource(machine: MachineConfig): Promise<void> {
    const source = this.#options.createSource(machine, this.#config);
    this.#sources.set(machine.id, { source, text: this.#textOf(machine) });
    await source.start(this.pipeline, this.#abort.signal);
  }

  async #stopSource(id: string, how: 'keep' | 'remove'): Promise<void> {
    const running = this.#sources.get(id);
    this.#sources.delete(id);
    if (!running) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#log.warn({ machine: id }, 'the source did not stop in time');
        resolve();
      }, SOURCE_STOP_MS);
    });
    await Promise.race([running.source.stop(how), late]);
    clearTimeout(timer);
  }

  async #command({ id, ...rest }: ConditionCommand): Promise<ConditionResult> {
    const source = this.#sources.get(rest.machine)?.source;
    const answer = (await source?.command?.({ id, ...rest })) ?? {
      outcome: 'away' as const,
      detail: 'no such machine here',
    };
    const { machine, action, condition, comment } = rest;
    this.#log.info({ machine, action, condition, comment, ...answer }, 'somebody acted on an alarm');
    return { id, ...answer };
  }

  async #checkpoint(): Promise<void> {
    const { head } = this.journal.stats();
    if (head <= this.#checkpointed || this.journal.stats().problem !== undefined) return;
    await this.pipeline.checkpoint();
  }

  /** The heartbeat: what the agent says of itself each second. */
  health(): AgentHealth {
    const { journaled, discarded, declaredLost, ...journal } = this.journal.stats();
    const now = this.#clock.now();
    const oldest = journal.oldestUnacknowledgedAtMs;
    return {
      t: now,
      version: packageJson.version,
      epoch: journal.epoch,
      run: this.#run,
      journal: {
        head: journal.head,
        tail: journal.tail,
        bytes: journal.bytes,
        limitBytes: journal.limitBytes,
        oldestUnacknowledgedMs: oldest === undefined ? 0 : Math.max(0, now - oldest),
        ...(journal.problem !== undefined && { problem: journal.problem }),
        ...(journal.quarantined > 0 && { quarantined: journal.quarantined }),
      },
      produced: journaled + discarded,
      journaled,
      discarded,
      declaredLost,
      machines: [...this.#sources].map(([id, { source }]) => this.#machineHealth(id, source)),
    };
  }

  #machineHealth(id: string, source: Source): AgentHealth['machines'][number] {
    const { link, items, failedItems, failed, detail, problem } = source.state();
    const aliveMs = this.pipeline.aliveMs(id);
    return {
      id,
      state: link,
      items,
      failedItems,
      ...(failed !== undefined && failed.length > 0 && { failed: [...failed] }),
      ...(aliveMs !== undefined && { aliveMs: Math.max(0, aliveMs) }),
      ...(detail !== undefined && { detail: detail.slice(0, 500) }),
      ...(problem && { problem }),
    };
  }

  components(): HealthComponent[] {
    const { state, detail } = this.#publisher.state;
    return [
      journalHealth(this.journal.stats()),
      { name: 'delivery', status: state === 'delivering' ? 'ok' : 'degraded', detail: detail ?? state },
      ...this.health().machines.map(({ id, state: link, detail: why }): HealthComponent => ({
        name: `machine ${id}`,
        status: link === 'online' ? 'ok' : 'degraded',
        detail: why ?? link,
      })),
    ];
  }
}

/** Never healthy with holes: damage stays visible until somebody has taken the quarantined files away. */
function journalHealth({ problem, quarantined }: JournalStats): HealthComponent {
  if (problem !== undefined) return { name: 'journal', status: 'down', detail: problem };
  if (quarantined === 0) return { name: 'journal', status: 'ok' };
  const detail = `${quarantined} damaged segments are in quarantine, what they held is declared lost; check the disk, then move the files away`;
  return { name: 'journal', status: 'degraded', detail };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

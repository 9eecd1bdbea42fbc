import type { StreamKey } from '#domain/sample-store.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { HealthComponent } from '#platform/metrics.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { AgentLane } from './agent-lane.ts';
import { MachineReaders } from './machine-readers.ts';

/** An alarm stays so long after it was last seen. */
const ALARM_MS = 300_000;
/** Runs of one agent that are remembered: a clone speaks again within a second. */
const REMEMBERED_RUNS = 8;
const LOG_INTERVAL_MS = 60_000;

type Alarm = 'DUPLICATE_AGENT' | 'STREAM_FORK';

const SENTENCES: Readonly<Record<Alarm, string>> = {
  DUPLICATE_AGENT:
    'two agents run under this id: stop one of them, or give it another id (agent in its configuration) and an empty journal',
  STREAM_FORK:
    'the same sequence came with other contents, kept among the dead letters: two agents share one identity, or a journal was restored',
};

interface Identity {
  /** Runs heard, the newest last. */
  readonly runs: string[];
  readonly alarms: Map<Alarm, { untilMs: number; toldAtMs: number }>;
}

/**
 * Finds agents that share one id. Each run of an agent names itself by a random word: one that speaks again after another one did is
 * running beside it, since a restart never goes back.
 */
export class IdentityWatch {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #agents = new Map<string, Identity>();
  readonly machines: MachineReaders;
  #machinesTold = '';

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.machines = new MachineReaders(clock);
  }

  /** A heartbeat. Answers whether a birth of the agent is needed, since the store has another one's catalogue of its machine. */
  heard({ site, agent }: Pick<AgentLane, 'site' | 'agent'>, health: AgentHealth): boolean {
    if (health.run !== undefined) this.#heardRun(agent, health.run);
    this.machines.heard(site, agent, health);
    const sentences = this.#machineSentences();
    const told = sentences.join('\n');
    if (told !== this.#machinesTold)
      for (const sentence of sentences) this.#log.error({ code: 'MACHINE_READ_TWICE' }, sentence);
    this.#machinesTold = told;
    return this.machines.needsBirth(agent);
  }

  #machineSentences(): string[] {
    return this.machines
      .readTwice()
      .map(
        ({ machine, agents }) =>
          `${machine} is read by ${agents.toSorted().join(' and ')}: the values of both go into the same signals; remove it from one of them, or give it another id there`,
      );
  }

  #heardRun(agent: string, run: string): void {
    const { runs } = this.#of(agent);
    if (runs.at(-1) === run) return;
    const at = runs.indexOf(run);
    if (at >= 0) {
      runs.splice(at, 1);
      this.#raise(agent, 'DUPLICATE_AGENT');
    }
    runs.push(run);
    if (runs.length > REMEMBERED_RUNS) runs.shift();
  }

  forked({ agent }: StreamKey): void {
    this.#raise(agent, 'STREAM_FORK');
  }

  /** Agents with an alarm now. */
  count(alarm: Alarm): number {
    return this.#active().filter((one) => one.alarm === alarm).length;
  }

  health(): HealthComponent {
    const name = 'agent identities';
    const alarms = this.#active().map(({ agent, alarm }) => `${agent}: ${SENTENCES[alarm]}`);
    const [first, ...others] = [...this.#machineSentences(), ...alarms];
    if (first === undefined) return { name, status: 'ok' };
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return { name, status: 'degraded', detail: `${first}${more}` };
  }

  #of(agent: string): Identity {
    const known = this.#agents.get(agent);
    if (known) return known;
    const fresh: Identity = { runs: [], alarms: new Map() };
    this.#agents.set(agent, fresh);
    return fresh;
  }

  #raise(agent: string, alarm: Alarm): void {
    const now = this.#clock.monotonic();
    const { alarms } = this.#of(agent);
    const toldAtMs = alarms.get(alarm)?.toldAtMs ?? -Infinity;
    const isDue = now - toldAtMs >= LOG_INTERVAL_MS;
    alarms.set(alarm, { untilMs: now + ALARM_MS, toldAtMs: isDue ? now : toldAtMs });
    if (isDue) this.#log.error({ agent, code: alarm }, SENTENCES[alarm]);
  }

  #active(): { agent: string; alarm: Alarm }[] {
    const now = this.#clock.monotonic();
    return [...this.#agents].flatMap(([agent, { alarms }]) =>
      [...alarms].flatMap(([alarm, { untilMs }]) => (untilMs > now ? [{ agent, alarm }] : [])),
    );
  }
}

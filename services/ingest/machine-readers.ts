import { machineId, type MachineId } from '#domain/asset-path.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { Clock } from '#platform/clock.ts';

/** Heartbeats come every second: an agent that was silent for so long reads nothing. */
const SILENT_MS = 10_000;
/** Should the birth be lost, or refused. */
const ASK_AGAIN_MS = 60_000;

/**
 * Who reads which machine, and whose catalogue of it the store has. Two agents of a site that gave one id to two machines would
 * else mix their values without a word.
 */
export class MachineReaders {
  readonly #clock: Clock;
  /** By machine: agents, with the time of the heartbeat that last named it. */
  readonly #readers = new Map<MachineId, Map<string, number>>();
  readonly #catalogues = new Map<MachineId, string>();
  /** When a birth was last asked for, by agent. */
  readonly #askedAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  heard(site: string, agent: string, { machines }: AgentHealth): void {
    const now = this.#clock.monotonic();
    for (const { id, state } of machines) {
      if (state !== 'online' && state !== 'silent') continue;
      const machine = machineId(site, id);
      const readers = this.#readers.get(machine);
      if (readers) readers.set(agent, now);
      else this.#readers.set(machine, new Map([[agent, now]]));
    }
    for (const readers of this.#readers.values())
      if (readers.has(agent) && readers.get(agent) !== now) readers.delete(agent);
  }

  /** The store has the catalogue of `machine` from `agent` now. */
  learnt(machine: MachineId, agent: string): void {
    this.#catalogues.set(machine, agent);
  }

  isCatalogueOf(machine: MachineId, agent: string): boolean {
    return this.#catalogues.get(machine) === agent;
  }

  /** Machines that several agents read now. */
  readTwice(): readonly { readonly machine: MachineId; readonly agents: readonly string[] }[] {
    return [...this.#readers.keys()]
      .map((machine) => ({ machine, agents: this.#agentsOf(machine) }))
      .filter(({ agents }) => agents.length > 1);
  }

  /** Whether `agent` alone reads a machine of which the store has another one's catalogue: a birth puts that right. */
  needsBirth(agent: string): boolean {
    const now = this.#clock.monotonic();
    if (now - (this.#askedAtMs.get(agent) ?? -Infinity) < ASK_AGAIN_MS) return false;
    const isNeeded = [...this.#catalogues].some(([machine, owner]) => {
      const readers = owner === agent ? [] : this.#agentsOf(machine);
      return readers.length === 1 && readers[0] === agent;
    });
    if (isNeeded) this.#askedAtMs.set(agent, now);
    return isNeeded;
  }

  #agentsOf(machine: MachineId): string[] {
    const since = this.#clock.monotonic() - SILENT_MS;
    const readers = [...(this.#readers.get(machine) ?? [])];
    return readers.filter(([, heardAtMs]) => heardAtMs >= since).map(([agent]) => agent);
  }
}

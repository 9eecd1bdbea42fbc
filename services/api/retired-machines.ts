import type { MachineId } from '#domain/asset-path.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import type { Presence } from '#contracts/presence.ts';
import type { Clock } from '#platform/clock.ts';

/** An agent that starts lists its machines within this time. */
const HOLD_MS = 5_000;

export interface RetiredMachinesOptions {
  readonly store: Pick<SampleStore, 'streams' | 'machines'>;
  readonly presence: Presence;
  readonly clock: Clock;
}

/**
 * Which machines of the catalogue no agent reads any more. The catalogue never forgets, so the agents have to say it: a
 * machine is retired when every agent of its site that ever delivered is online and none lists it in its heartbeat. While
 * one of them is away nobody can know, and the machine is offline.
 */
export class RetiredMachines {
  readonly #options: RetiredMachinesOptions;
  readonly #unlistedSince = new Map<MachineId, number>();
  #agents: readonly string[] = [];
  #retired = new Set<MachineId>();

  constructor(options: RetiredMachinesOptions) {
    this.#options = options;
  }

  has(machine: MachineId): boolean {
    return this.#retired.has(machine);
  }

  /** To be called every few seconds. */
  async look(): Promise<void> {
    const { store, presence, clock } = this.#options;
    const listed = new Set<string>();
    for (const { site, health } of presence.agents())
      for (const { id } of health?.machines ?? []) listed.add(`${site}/${id}`);
    const unlisted = store.machines().filter(({ machine }) => !listed.has(machine.id));
    if (unlisted.length > 0) this.#agents = (await store.streams()).map(({ stream }) => stream.agent);
    const now = clock.monotonic();
    const retired = new Set<MachineId>();
    const candidates = new Set<MachineId>();
    for (const { machine } of unlisted) {
      if (!this.#siteIsHeard(machine.assetPath.site)) continue;
      candidates.add(machine.id);
      const since = this.#unlistedSince.get(machine.id) ?? now;
      this.#unlistedSince.set(machine.id, since);
      if (now - since >= HOLD_MS) retired.add(machine.id);
    }
    for (const machine of this.#unlistedSince.keys())
      if (!candidates.has(machine)) this.#unlistedSince.delete(machine);
    this.#retired = retired;
  }

  #siteIsHeard(site: string): boolean {
    const heard = new Set(
      this.#options.presence
        .agents()
        .filter(({ online, health }) => online && health !== undefined)
        .map(({ agent }) => agent),
    );
    const known = this.#agents.filter((agent) => agent.startsWith(`${site}/`));
    return known.length > 0 && known.every((agent) => heard.has(agent));
  }
}

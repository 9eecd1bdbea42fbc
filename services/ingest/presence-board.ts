import { machineId, type MachineId } from '#domain/asset-path.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import type {
  AgentPresence,
  IngestCounters,
  MachinePresence,
  Presence,
  RecordTimes,
} from '#contracts/presence.ts';
import type { StreamKey } from '#domain/sample-store.ts';
import { RecordTimesBook } from './record-times.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Who is there, from births, deaths and heartbeats. All times are ms since 1970 on this host's clock. */
export class PresenceBoard implements Presence {
  readonly #agents = new Map<string, Mutable<AgentPresence>>();
  readonly #machines = new Map<MachineId, Mutable<MachinePresence>>();
  readonly #listeners = new Set<() => void>();
  readonly #counters: () => IngestCounters;
  readonly times = new RecordTimesBook();

  constructor(counters: () => IngestCounters) {
    this.#counters = counters;
  }

  machines(): readonly MachinePresence[] {
    return [...this.#machines.values()];
  }

  agents(): readonly AgentPresence[] {
    return [...this.#agents.values()];
  }

  counters(): IngestCounters {
    return this.#counters();
  }

  recordTimes(stream: StreamKey, sequence: number): RecordTimes | undefined {
    return this.times.find(stream, sequence);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  agentHeard(site: string, agent: string, at: number): void {
    const known = this.#agents.get(agent);
    if (known) known.lastHeardAt = at;
    else this.#agents.set(agent, { agent, site, online: false, lastHeardAt: at, health: undefined });
    if (known?.online === true) return;
    this.#setOnline(agent, true);
    this.#changed();
  }

  /** NDEATH: its machines go with it (Sparkplug B 3.0, 6.4.8). */
  agentDied(agent: string): void {
    if (this.#agents.get(agent)?.online !== true) return;
    this.#setOnline(agent, false);
    for (const machine of this.#machines.values()) if (machine.agent === agent) machine.connected = false;
    this.#changed();
  }

  /** We were away from the broker: whoever is there will be heard within a second. */
  forgetOnline(): void {
    for (const agent of this.#agents.values()) agent.online = false;
    for (const machine of this.#machines.values()) machine.connected = false;
    this.#changed();
  }

  machineBorn(machine: MachineId, agent: string, at: number): void {
    const known = this.#machines.get(machine);
    // The heartbeat knows the OPC UA path better than the birth does.
    const link = known && known.agent === agent && known.link !== 'offline' ? known.link : 'online';
    this.#putMachine({ ...known, machine, agent, connected: isConnected(link), link, lastAliveAt: at });
  }

  machineDied(machine: MachineId): void {
    const known = this.#machines.get(machine);
    if (!known || (!known.connected && known.link === 'offline')) return;
    this.#putMachine({ ...known, connected: false, link: 'offline' });
  }

  /** Live data of the machine came. */
  machineAlive(machine: MachineId, at: number): void {
    const known = this.#machines.get(machine);
    if (known && at > known.lastAliveAt) known.lastAliveAt = at;
  }

  health(site: string, agent: string, health: AgentHealth, at: number): void {
    const presence = this.#agents.get(agent);
    if (presence) presence.health = health;
    for (const { id, state, aliveMs, detail, problem } of health.machines) {
      const machine = machineId(site, id);
      const known = this.#machines.get(machine);
      const aliveAt = aliveMs === undefined ? 0 : at - aliveMs;
      this.#putMachine({
        machine,
        agent,
        link: state,
        detail,
        problem,
        connected: isConnected(state),
        lastAliveAt: Math.max(known?.lastAliveAt ?? 0, aliveAt),
      });
    }
  }

  #setOnline(agent: string, online: boolean): void {
    const known = this.#agents.get(agent);
    if (known) known.online = online;
  }

  #putMachine(next: MachinePresence): void {
    const known = this.#machines.get(next.machine);
    this.#machines.set(next.machine, { ...next });
    const isSame =
      known?.link === next.link &&
      known.connected === next.connected &&
      known.agent === next.agent &&
      known.detail === next.detail;
    if (!isSame) this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

const isConnected = (link: MachinePresence['link']): boolean => link === 'online' || link === 'silent';

import type { MachineId } from '#domain/asset-path.ts';
import type { Presence } from '#contracts/presence.ts';
import { LIVE_STALE_MS } from '#contracts/live.ts';

/**
 * Which machines' paths are not alive: no proof of life for 2 s, or reported disconnected (DESIGN.md, Stale). A
 * machine that no agent has spoken of since this server started counts as last alive when its last sample was read; without
 * one, when the server started.
 */
export class PathWatch {
  readonly #presence: Pick<Presence, 'machines'>;
  readonly #startedAt: number;
  #stale = new Map<MachineId, number>();
  /** Counts up when the set of stale machines changes. */
  version = 0;
  /** `{"site/machine":ageMs}` of the last look. */
  json = '{}';

  constructor(presence: Pick<Presence, 'machines'>, startedAt: number) {
    this.#presence = presence;
    this.#startedAt = startedAt;
  }

  look(
    machines: Iterable<MachineId>,
    nowMs: number,
    lastSampleMs: (machine: MachineId) => number | undefined,
  ): void {
    const before = this.#stale;
    const stale = new Map<MachineId, number>();
    const known = new Map(this.#presence.machines().map((each) => [each.machine, each]));
    for (const machine of machines) {
      const presence = known.get(machine);
      const aliveAt = heardAt(presence) ?? lastSampleMs(machine) ?? this.#startedAt;
      const ageMs = Math.max(0, nowMs - aliveAt);
      if (presence?.connected === false || ageMs > LIVE_STALE_MS) stale.set(machine, Math.round(ageMs));
    }
    this.#stale = stale;
    this.json = JSON.stringify(Object.fromEntries(stale));
    if (stale.size !== before.size || [...stale.keys()].some((machine) => !before.has(machine))) {
      this.version += 1;
    }
  }
}

/** `undefined`: since this server started no agent has proved the machine alive, though one may have it configured. */
export const heardAt = (presence: { readonly lastAliveAt: number } | undefined): number | undefined =>
  presence && presence.lastAliveAt > 0 ? presence.lastAliveAt : undefined;

/** Whether a machine's path counts as dead at `nowMs`; the same rule as on the live wire. */
export function isPathStale(
  presence: { readonly connected: boolean; readonly lastAliveAt: number } | undefined,
  nowMs: number,
): boolean {
  return presence === undefined || !presence.connected || nowMs - presence.lastAliveAt > LIVE_STALE_MS;
}

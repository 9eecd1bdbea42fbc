import type { MachineId } from '#domain/asset-path.ts';
import type { Presence } from '#contracts/presence.ts';
import { LIVE_STALE_MS } from '#contracts/live.ts';

/**
 * Which machines' paths are not alive: no proof of life for 2 s, or reported disconnected (DESIGN.md, Stale). A
 * machine that no agent has spoken of since `startedAt` counts as last alive then.
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

  look(machines: Iterable<MachineId>, nowMs: number): void {
    const before = this.#stale;
    const stale = new Map<MachineId, number>();
    const known = new Map(this.#presence.machines().map((each) => [each.machine, each]));
    for (const machine of machines) {
      const presence = known.get(machine);
      const ageMs = Math.max(0, nowMs - (presence?.lastAliveAt ?? this.#startedAt));
      if (presence?.connected === false || ageMs > LIVE_STALE_MS) stale.set(machine, Math.round(ageMs));
    }
    this.#stale = stale;
    this.json = JSON.stringify(Object.fromEntries(stale));
    if (stale.size !== before.size || [...stale.keys()].some((machine) => !before.has(machine))) {
      this.version += 1;
    }
  }
}

/** Whether a machine's path counts as dead at `nowMs`; the same rule as on the live wire. */
export function isPathStale(
  presence: { readonly connected: boolean; readonly lastAliveAt: number } | undefined,
  nowMs: number,
): boolean {
  return presence === undefined || !presence.connected || nowMs - presence.lastAliveAt > LIVE_STALE_MS;
}

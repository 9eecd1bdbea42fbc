import type { MachineId } from '#domain/asset-path.ts';
import type { Gap } from '#domain/sample-store.ts';
import type { SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import { NS_PER_MS } from '#domain/time.ts';
import type { LiveEvent } from './event-log.ts';

/** Backfill comes in thousands of batches: one event a machine and second says as much. */
const TELL_EVERY_MS = 1_000;

interface Stretch {
  readonly type: 'gap' | 'backfill';
  readonly machine: MachineId | undefined;
  from: number;
  to: number;
}

/**
 * What changes in the past while pages look at it: holes that were declared, holes that were filled. Kept together per
 * machine until the next telling; memory is bounded by the number of machines.
 */
export class HistoryNews {
  readonly #stretches = new Map<string, Stretch>();
  #toldAtMs = -Infinity;

  gap({ machine, from, to }: Gap): void {
    this.#add('gap', machine, { from: toMs(from), to: toMs(to) });
  }

  /** Columns as they were stored; live samples are no news. */
  stored(machine: MachineId, { count, flags, timeNs }: SampleBatch): void {
    let from = Infinity;
    let to = -Infinity;
    for (let i = 0; i < count; i += 1) {
      if (((flags[i] ?? 0) & SampleFlag.historical) === 0) continue;
      const time = toMs(timeNs[i] ?? 0n);
      if (time < from) from = time;
      if (time > to) to = time;
    }
    if (from <= to) this.#add('backfill', machine, { from, to });
  }

  /** Events to be told now. */
  due(monotonicMs: number, nowMs: number): readonly LiveEvent[] {
    if (this.#stretches.size === 0 || monotonicMs - this.#toldAtMs < TELL_EVERY_MS) return [];
    this.#toldAtMs = monotonicMs;
    const events = [...this.#stretches.values()].map(({ type, machine, from, to }): LiveEvent => ({
      type,
      t: nowMs,
      ...(machine === undefined ? {} : { machine }),
      from,
      to,
    }));
    this.#stretches.clear();
    return events;
  }

  #add(
    type: Stretch['type'],
    machine: MachineId | undefined,
    { from, to }: { from: number; to: number },
  ): void {
    const key = `${type} ${machine ?? ''}`;
    const known = this.#stretches.get(key);
    if (!known) this.#stretches.set(key, { type, machine, from, to });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  }
}

const toMs = (timeNs: bigint): number => Number(timeNs / NS_PER_MS);

import type { MachineId } from '#domain/asset-path.ts';
import type { SignalNo } from '#domain/sample-store.ts';
import { NS_PER_MS } from '#domain/time.ts';
import { rowsOf } from './influxql.ts';
import type { Query } from './sample-queries.ts';
import type { SignalRegistry } from './signal-registry.ts';

/** A step of this length opens a gap that backfill may fill later. */
const GAP_MS = 5_000;

/**
 * Tells for each sample whether its time is certainly free in its series: later than all before, or inside the one gap
 * that is kept for each signal (an outage, filled in order). Only of the others InfluxDB has to be asked.
 */
export class NewestTimes {
  #newestMs = new Float64Array(256).fill(-Infinity);
  #newestBelow = new Int32Array(256);
  #gapFromMs = new Float64Array(256);
  #gapToMs = new Float64Array(256);

  /** True: the time is free. `no`'s times are taken note of. */
  admit(no: SignalNo, timeMs: number, belowMsNs: number): boolean {
    if (no >= this.#newestMs.length) this.#grow(no);
    const newest = this.#newestMs[no] ?? -Infinity;
    if (timeMs > newest || (timeMs === newest && belowMsNs > (this.#newestBelow[no] ?? 0))) {
      const step = timeMs - newest;
      if (step > GAP_MS && step < Infinity && step > (this.#gapToMs[no] ?? 0) - (this.#gapFromMs[no] ?? 0)) {
        this.#gapFromMs[no] = newest;
        this.#gapToMs[no] = timeMs;
      }
      this.#newestMs[no] = timeMs;
      this.#newestBelow[no] = belowMsNs;
      return true;
    }
    // Whole milliseconds at the gap's edges count as taken.
    if (timeMs <= (this.#gapFromMs[no] ?? 0) || timeMs >= (this.#gapToMs[no] ?? 0)) return false;
    this.#gapFromMs[no] = timeMs;
    return true;
  }

  /** What the store holds already, read when it starts. */
  raise(no: SignalNo, timeMs: number): void {
    if (no >= this.#newestMs.length) this.#grow(no);
    if (timeMs < (this.#newestMs[no] ?? -Infinity)) return;
    this.#newestMs[no] = timeMs;
    this.#newestBelow[no] = 999_999;
  }

  /** Reads the newest time of each series: what is later than that cannot meet an older point. */
  async load(query: Query, registry: SignalRegistry, machine?: MachineId): Promise<void> {
    const where = machine === undefined ? '' : ` WHERE "machine" = '${machine.split('/')[1] ?? ''}'`;
    const tags = 'GROUP BY "site", "machine", "signal"';
    const answers = await query(`SELECT last("seq") FROM /.*/${where} ${tags}`);
    for (const row of rowsOf(answers.flat())) {
      const { site = '', machine: id = '', signal = '' } = row as Record<string, string>;
      const no = registry.noOfTags(site, id, signal);
      if (no !== undefined) this.raise(no, Number(BigInt(row['time'] ?? 0) / NS_PER_MS));
    }
  }

  #grow(no: SignalNo): void {
    const size = Math.max(no + 1, this.#newestMs.length * 2);
    const grown = (column: Float64Array<ArrayBuffer>, fill: number): Float64Array<ArrayBuffer> => {
      const bigger = new Float64Array(size).fill(fill);
      bigger.set(column);
      return bigger;
    };
    this.#newestMs = grown(this.#newestMs, -Infinity);
    this.#gapFromMs = grown(this.#gapFromMs, 0);
    this.#gapToMs = grown(this.#gapToMs, 0);
    const below = new Int32Array(size);
    below.set(this.#newestBelow);
    this.#newestBelow = below;
  }
}

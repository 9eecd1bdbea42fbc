import { signal } from '@preact/signals';
import type { SignalInfo } from '../../api/model.ts';
import { statisticsOf, valueAt } from '../../charts/statistics.ts';
import type { TrendStatistics } from '../../charts/statistics.ts';
import type { ExploredTrend } from './explore-feeds.ts';

export interface LegendRow {
  readonly signal: SignalInfo;
  /** At the cursor, else the newest; null in a hole. */
  readonly value: number | null;
  readonly overlayValue: number | null;
  readonly statistics: TrendStatistics | undefined;
}

/** What the legend says of the picture: readings at the cursor and statistics of the shown stretch. */
export class LegendModel {
  readonly rows = signal<readonly LegendRow[]>([]);
  /** Time under the cursor; undefined = none. */
  readonly cursorMs = signal<number | undefined>(undefined);
  readonly #signals: readonly SignalInfo[];
  #trends: readonly ExploredTrend[] = [];
  #statistics: readonly (TrendStatistics | undefined)[] = [];
  #shiftMs = 0;

  constructor(signals: readonly SignalInfo[]) {
    this.#signals = signals;
  }

  /** `shiftMs`: by how much the overlays lie in the past. */
  show(trends: readonly ExploredTrend[], shiftMs: number): void {
    this.#trends = trends;
    this.#shiftMs = shiftMs;
    this.#statistics = trends.map(({ data }) => statisticsOf(data));
    this.#tell();
  }

  point(timeMs: number | undefined): void {
    this.cursorMs.value = timeMs;
    this.#tell();
  }

  #tell(): void {
    const atMs = this.cursorMs.peek();
    this.rows.value = this.#signals.map((each, i): LegendRow => {
      const { data, overlay } = this.#trends[i] ?? {};
      const lastMs = (data?.time.at(-1) ?? NaN) * 1000;
      const readMs = atMs ?? lastMs;
      return {
        signal: each,
        value: data ? valueAt(data, readMs) : null,
        overlayValue: overlay ? valueAt(overlay, readMs - this.#shiftMs) : null,
        statistics: this.#statistics[i],
      };
    });
  }
}

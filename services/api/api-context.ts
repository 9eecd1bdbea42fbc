import type { MachineCommands } from '#contracts/machine-commands.ts';
import type { Presence } from '#contracts/presence.ts';
import type { Sample } from '#domain/sample.ts';
import type { SampleStore } from '#domain/sample-store.ts';
import type { Clock } from '#platform/clock.ts';
import type { HealthComponent } from '#platform/metrics.ts';
import type { AlarmBoard } from './alarms/alarm-board.ts';
import type { PipelineWatch } from './pipeline/pipeline-watch.ts';
import type { ActionLog } from './access/action-log.ts';
import type { RetiredMachines } from './retired-machines.ts';
import type { QueryGate } from './query-gate.ts';
import type { LiveValues } from './live/live-values.ts';

/** Writes the samples into a new Parquet file. */
export type ParquetWriter = (pages: AsyncIterable<readonly Sample[]>, file: string) => Promise<void>;

/** What the routes work with. */
export interface ApiContext {
  readonly store: SampleStore;
  readonly presence: Presence;
  readonly clock: Clock;
  /** Bounds the queries that go to the historian's disk. */
  readonly gate: QueryGate;
  /** Bounds the exports, which last as long as their readers take: the queries do not wait for them. */
  readonly exports: QueryGate;
  /** An export of which nothing is taken for so long is ended: its place is for others. */
  readonly stalledExportMs: number;
  readonly live: LiveValues;
  /** Absent: Parquet is not offered. */
  readonly writeParquet: ParquetWriter | undefined;
  readonly watch: PipelineWatch;
  /** Absent: nobody here can reach the machines. */
  readonly commands: MachineCommands | undefined;
  readonly alarms: Pick<AlarmBoard, 'list' | 'find' | 'isFilled'>;
  readonly retired: Pick<RetiredMachines, 'has'>;
  /** Pages that are connected now. */
  readonly browsers: () => number;
  /** What users did. */
  readonly actions: Pick<ActionLog, 'entries'>;
  /** Components that only the process knows of. */
  readonly health: () => readonly HealthComponent[];
}

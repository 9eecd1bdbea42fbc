/** Calls between the store's front and its worker: small typed messages, columns as transferred buffers. */
import type { AppendAnswer, AppendGroup } from './delivery-log.ts';
import type {
  DeadLetter,
  Gap,
  MachineCatalogue,
  SignalNo,
  ReadBack,
  StoredEvent,
  StoreStats,
  StreamAudit,
  StreamClose,
  StreamKey,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import type { AggregateColumns } from '#domain/rollup.ts';
import type { MachineId } from '#domain/asset-path.ts';
import type { EmbeddedHistorianConfig } from '#contracts/config/historian.ts';
import type { NumberedSignal } from './catalogue-table.ts';
import type { PackedColumns } from './packed-columns.ts';

export interface EmbeddedStoreOptions {
  /** Folder of the store; made when it is missing. */
  readonly dir: string;
  readonly config: EmbeddedHistorianConfig;
}

/** What the front keeps in memory, as it stands after the start. */
export interface OpenedStore {
  readonly storeId: string;
  readonly machines: readonly MachineCatalogue[];
  readonly signals: readonly NumberedSignal[];
  readonly latest: PackedColumns;
  /** (epoch number, sequence, index) per row of `latest`. */
  readonly latestOrigins: Float64Array;
}

/** Everything the front can ask of the worker. */
export interface Operations {
  open(options: EmbeddedStoreOptions): Promise<OpenedStore>;
  close(): Promise<void>;
  openStream(key: StreamKey): StreamState;
  closeStream(key: StreamKey, close: StreamClose): void;
  streams(): readonly StreamState[];
  putCatalogue(catalogue: MachineCatalogue): readonly SignalNo[];
  append(group: AppendGroup): AppendAnswer | Promise<AppendAnswer>;
  putDeadLetter(letter: Omit<DeadLetter, 'id'>): void;
  deadLetters(limit: number): readonly DeadLetter[];
  samples(signal: SignalNo, range: TimeRange, limit: number): Promise<PackedColumns>;
  countSamples(signal: SignalNo, range: TimeRange, limit: number): Promise<number>;
  /** In columns, by the plan that both sides make: thousands of bucket objects would cost more than the query. */
  buckets(
    signals: readonly SignalNo[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly AggregateColumns[]>;
  gaps(range: TimeRange, machine?: MachineId): readonly Gap[];
  events(range: TimeRange, limit: number, machine?: MachineId): readonly StoredEvent[];
  standing(): readonly StoredEvent[];
  audit(): readonly StreamAudit[];
  readBack(): Promise<readonly ReadBack[]>;
  stats(): StoreStats;
  /** Seals what is hot and does all merging and retention that is due. */
  maintain(nowMs: number): Promise<void>;
}

export type OperationName = keyof Operations;
export type Arguments<Name extends OperationName> = Parameters<Operations[Name]>;
export type Answer<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;

/** The message that ends the worker. */
export const END = 'end';

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

export interface Failure {
  readonly kind: 'unavailable' | 'rejected' | 'start' | 'other';
  readonly code: string;
  readonly message: string;
  readonly check?: string | undefined;
}

export type Response =
  { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly failure: Failure };

/** The buffers of an answer or a question that are handed over instead of copied. */
export function transferablesOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('buffer' in value && value.buffer instanceof ArrayBuffer && 'rows' in value) return [value.buffer];
  if ('spare' in value && value.spare instanceof ArrayBuffer) return [value.spare];
  if ('columns' in value) return transferablesOf(value.columns);
  if ('latest' in value) return transferablesOf(value.latest);
  return [];
}

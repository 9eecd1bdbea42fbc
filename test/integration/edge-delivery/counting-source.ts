import { createSampleBatch } from '#domain/sample-batch.ts';
import type { Source, SourceSignal, SourceSink, SourceState } from '../../../edge-agent/pipeline/source.ts';
import { ValueKind } from '#domain/sample-batch.ts';

export interface CountingSourceOptions {
  readonly machineId: string;
  readonly signals: number;
  /** Pause between groups; 0 = as fast as the journal takes them. */
  readonly intervalMs: number;
  /** Added to each number: two sources can be told apart. */
  readonly base?: number;
  /** What is to be said differently of a signal. */
  readonly metadata?: (signal: number) => Partial<SourceSignal>;
  /** Called with the count when a group of it is durable: what an OPC UA server would hear as its acknowledgement. */
  readonly onAcknowledged?: (count: number) => void;
}

/**
 * Stands in for an OPC UA server that counts: each group holds the next number in every signal. After a restart it goes
 * on behind the newest durable notification, as a take-over does.
 */
export class CountingSource implements Source {
  readonly #options: CountingSourceOptions;
  #run: Promise<void> = Promise.resolve();
  #isStopped = false;
  #sink: SourceSink | undefined;
  /** Last number given; all of it is durable when `stop` has returned. */
  count = 0;
  isPaused = false;
  #metadata: (signal: number) => Partial<SourceSignal>;
  #aliases: Int32Array = new Int32Array();

  constructor(options: CountingSourceOptions) {
    this.#options = options;
    this.#metadata = options.metadata ?? (() => ({}));
  }

  async start(sink: SourceSink): Promise<void> {
    const { machineId } = this.#options;
    this.#sink = sink;
    this.#aliases = await this.#announce(sink);
    sink.link(machineId, 'online');
    this.count = sink.lastNotification(machineId)?.sequence ?? 0;
    this.#run = this.#produce(sink);
  }

  /** The machine has other metadata from the next group on. */
  async describe(metadata: (signal: number) => Partial<SourceSignal>): Promise<void> {
    this.#metadata = metadata;
    if (this.#sink) this.#aliases = await this.#announce(this.#sink);
  }

  #announce(sink: SourceSink): Promise<Int32Array> {
    const { machineId, signals } = this.#options;
    return sink.catalogue(
      {
        id: machineId,
        kind: 'generic',
        name: { en: machineId },
        provenance: 'simulated',
        assetPath: { enterprise: 'pilot' },
      },
      Array.from({ length: signals }, (_, i) => ({
        path: `Group/Signal${i}`,
        name: { en: `Signal ${i}` },
        dataType: 'Double' as const,
        isArray: false,
        unit: { code: 'CEL', symbol: '°C' },
        range: { low: 0, high: 100 },
        nodeId: `nsu=urn:test;s=Signal${i}`,
        ...this.#metadata(i),
      })),
    );
  }

  async #produce(sink: SourceSink): Promise<void> {
    const { machineId, intervalMs, onAcknowledged, base = 0 } = this.#options;
    const batch = createSampleBatch(this.#aliases.length);
    while (!this.#isStopped) {
      if (this.isPaused) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const next = this.count + 1;
      const timeNs = BigInt(Date.now()) * 1_000_000n;
      this.#aliases.forEach((alias, i) => {
        batch.signal[i] = alias;
        batch.timeNs[i] = timeNs;
        batch.kind[i] = ValueKind.float;
        batch.f64[i] = base + next;
      });
      batch.count = this.#aliases.length;
      this.count = next;
      try {
        await sink.append({
          machineId,
          batch,
          origin: 'publish',
          notification: { subscriptionId: 1, sequence: next },
        });
      } catch {
        return;
      }
      onAcknowledged?.(next);
      if (intervalMs > 0) await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }

  goOffline(): void {
    this.isPaused = true;
    this.#sink?.link(this.#options.machineId, 'offline');
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#run;
  }

  state(): SourceState {
    return { link: this.isPaused ? 'offline' : 'online', items: this.#options.signals, failedItems: 0 };
  }
}

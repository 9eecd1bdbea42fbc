import { createSampleBatch } from '#domain/sample-batch.ts';
import type { Source, SourceSink, SourceState } from '../../../edge-agent/pipeline/source.ts';
import { ValueKind } from '#domain/sample-batch.ts';

export interface CountingSourceOptions {
  readonly machineId: string;
  readonly signals: number;
  /** Pause between groups; 0 = as fast as the journal takes them. */
  readonly intervalMs: number;
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

  constructor(options: CountingSourceOptions) {
    this.#options = options;
  }

  async start(sink: SourceSink): Promise<void> {
    const { machineId, signals } = this.#options;
    this.#sink = sink;
    const aliases = await sink.catalogue(
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
      })),
    );
    sink.link(machineId, 'online');
    this.count = sink.lastNotification(machineId)?.sequence ?? 0;
    this.#run = this.#produce(sink, aliases);
  }

  async #produce(sink: SourceSink, aliases: Int32Array): Promise<void> {
    const { machineId, intervalMs, onAcknowledged } = this.#options;
    const batch = createSampleBatch(aliases.length);
    while (!this.#isStopped) {
      if (this.isPaused) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const next = this.count + 1;
      const timeNs = BigInt(Date.now()) * 1_000_000n;
      aliases.forEach((alias, i) => {
        batch.signal[i] = alias;
        batch.timeNs[i] = timeNs;
        batch.kind[i] = ValueKind.float;
        batch.f64[i] = next;
      });
      batch.count = aliases.length;
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

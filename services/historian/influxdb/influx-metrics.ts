import { Counter, Gauge, type Registry } from '#platform/metrics.ts';
import type { WriterCounters } from './line-writer.ts';

export interface InfluxCounters extends WriterCounters {
  /** Samples that were older than the retention when they came: neither stored nor lost. */
  readonly expiredSamples: number;
}

const COUNTERS: readonly (readonly [keyof InfluxCounters, name: string, help: string])[] = [
  ['requests', 'requests', 'Requests that write'],
  ['lines', 'lines', 'Lines that InfluxDB has taken'],
  ['bytes', 'bytes', 'Line protocol sent, before compression'],
  ['bisections', 'bisections', 'Requests cut in two to find a refused line, or because they were too long'],
  ['refusedLines', 'refused_lines', 'Lines refused for good: dead letters'],
  ['unavailable', 'unavailable', 'Requests that were not answered, or with "not now" or "not you"'],
  ['expiredSamples', 'expired_samples', 'Samples older than the retention when they came'],
];

export interface InfluxFigures {
  readonly counters: InfluxCounters | undefined;
  readonly isWritable: boolean;
}

/** Prometheus metrics of a store in InfluxDB, read when they are asked for. */
export function registerInfluxMetrics(registry: Registry, figures: () => InfluxFigures): void {
  const registers = [registry];
  for (const [key, name, help] of COUNTERS)
    new Counter({
      name: `historian_influxdb_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(figures().counters?.[key] ?? 0);
      },
    });
  new Gauge({
    name: 'historian_influxdb_writable',
    help: '0 while InfluxDB does not take what is written',
    registers,
    collect() {
      this.set(figures().isWritable ? 1 : 0);
    },
  });
}

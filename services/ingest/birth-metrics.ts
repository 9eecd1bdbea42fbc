import type { Metric } from '#contracts/sparkplug/payload.ts';
import { BDSEQ_METRIC } from '#contracts/sparkplug/record.ts';

/** Named metrics of births and deaths. */
export function textOf(metrics: readonly Metric[], name: string): string | undefined {
  const value = metrics.find((metric) => metric.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** Counts the CONNECTs of an agent: the same in the will and in NBIRTH (Sparkplug B 3.0, 6.4.5). */
export function bdSeqOf(metrics: readonly Metric[]): number | undefined {
  const value = metrics.find(({ name }) => name === BDSEQ_METRIC)?.value;
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
}

import type { QualityView, SignalQuality } from '#contracts/api/quality.ts';

/** Of an invented stretch: most signals good, one of three with a bad part, one silent, one stuck. */
export function qualityView(
  machine: string,
  signals: readonly { readonly id: string; readonly range?: unknown }[],
  query: URLSearchParams,
): QualityView {
  const [from = 0, to = 0] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
  const span = to - from;
  const items = signals.map(({ id }, i): SignalQuality => {
    const missingMs = i % 4 === 1 ? span * 0.05 : 0;
    const badMs = i % 3 === 0 ? span * 0.02 * (i + 1) * 0.2 : 0;
    const unknownMs = i % 7 === 6 ? span * 0.1 : 0;
    const uncertainMs = i % 5 === 4 ? span * 0.03 : 0;
    return {
      signal: id,
      missingMs,
      badMs,
      unknownMs,
      uncertainMs,
      goodMs: span - missingMs - badMs - unknownMs - uncertainMs,
      samples: i === 2 ? 0 : 600 + i,
      statusCode: 0,
      lastSampleAt: new Date(to - 400 * (i + 1)).toISOString(),
      gaps: missingMs > 0 ? 1 : 0,
      condition: i === 2 ? 'silent' : i === 5 ? 'stuck' : 'ok',
    };
  });
  return {
    machine,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    knownSince: null,
    sliceMs: span / 120,
    stale: false,
    items,
    gaps: [
      {
        machine,
        from: new Date(to - 240_000).toISOString(),
        to: new Date(to - 200_000).toISOString(),
        cause: 'connection-lost',
      },
      {
        machine,
        signal: signals[1]?.id ?? '',
        from: new Date(to - 90_000).toISOString(),
        to: new Date(to - 88_000).toISOString(),
        cause: 'queue-overflow',
      },
    ],
  };
}

import type { QualityView, SignalQuality } from '#contracts/api/quality.ts';

export const SHARES = ['good', 'uncertain', 'bad', 'missing', 'unknown'] as const;
export type Share = (typeof SHARES)[number];
export type SharesOf = Readonly<Record<Share, number>>;

/** Parts of 1. */
export function sharesOf(item: Pick<SignalQuality, `${Share}Ms`>): SharesOf {
  const total = SHARES.reduce((sum, share) => sum + item[`${share}Ms`], 0);
  const part = (share: Share): number => (total > 0 ? item[`${share}Ms`] / total : 0);
  return {
    good: part('good'),
    uncertain: part('uncertain'),
    bad: part('bad'),
    missing: part('missing'),
    unknown: part('unknown'),
  };
}

/** Of a machine: the mean over its signals. */
export function meanShares(items: readonly SignalQuality[]): SharesOf {
  const sum = { goodMs: 0, uncertainMs: 0, badMs: 0, missingMs: 0, unknownMs: 0 };
  for (const item of items) for (const share of SHARES) sum[`${share}Ms`] += item[`${share}Ms`];
  return sharesOf(sum);
}

export const suspectsOf = ({ items }: QualityView): readonly SignalQuality[] =>
  items.filter(({ condition }) => condition !== 'ok');

/** Those that need a look first: suspects, then by the least good time. */
export const worstFirst = (items: readonly SignalQuality[]): readonly SignalQuality[] =>
  items.toSorted(
    (a, b) =>
      Number(a.condition === 'ok') - Number(b.condition === 'ok') || sharesOf(a).good - sharesOf(b).good,
  );

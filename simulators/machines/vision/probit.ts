/** Normal distribution: P(X < x), by Abramowitz and Stegun 7.1.26 (error below 2e-7). */
export function normalShare(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const polynomial =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (polynomial * Math.exp(-z * z)) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** The x that a share of a normal distribution lies below; shares are taken to be within [1e-6, 1 - 1e-6]. */
export function probit(share: number): number {
  const wanted = Math.max(1e-6, Math.min(1 - 1e-6, share));
  let [low, high] = [-6, 6];
  for (let i = 0; i < 50; i += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// Of many times, the ones worth telling.

export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
}

export const median = (values) => quantile(values, 0.5);

/** The middle, and half of how wide the middle half of the values is, as a share of it. */
export function summary(values) {
  const middle = median(values);
  return { median: middle, spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / middle, rounds: values.length };
}

// Robust statistics of measured times.

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * The median, and half of the interquartile range as a share of it.
 *
 * @param {number[]} values
 * @returns {import("./types.d.ts").Summary}
 */
export function summary(values) {
  const middle = median(values);
  const spread = (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / middle;
  return { median: middle, spread, rounds: values.length };
}

/**
 * @param {number[]} values
 * @param {number} share From 0 to 1.
 */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

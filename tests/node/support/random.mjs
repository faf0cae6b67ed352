// Reproducible random numbers.

/** @typedef {ReturnType<typeof randomFrom>} Random */

/**
 * A generator of random numbers (mulberry32): the same seed yields the same numbers in every
 * runtime.
 *
 * @param {number} seed
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** @param {number} limit */
  const below = (limit) => Math.floor(next() * limit);
  return {
    /** A whole number from 0 up to, and without, the limit. */
    below,
    /**
     * A whole number, both ends included.
     * @param {number} least
     * @param {number} most
     */
    between: (least, most) => least + below(most - least + 1),
    /**
     * A number with three decimals.
     * @param {number} least
     * @param {number} most
     */
    fraction: (least, most) => Math.round((least + next() * (most - least)) * 1000) / 1000,
    /** @param {number} probability */
    chance: (probability) => next() < probability,
    /**
     * One of a list.
     * @template T
     * @param {readonly T[]} list
     * @returns {T}
     */
    pick: (list) => (list[below(list.length)]),
  };
}

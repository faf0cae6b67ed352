// The known name that a misspelled one is meant to be.

/** Names that differ in more than a third of their letters are not similar. */
const MOST_DIFFERENT = 1 / 3;

/**
 * The known name with the smallest edit distance from `name`, ignoring case; undefined if none is
 * similar.
 *
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
export function nearestName(name, known) {
  let nearest;
  let nearestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const limit = Math.max(1, Math.floor(Math.max(name.length, candidate.length) * MOST_DIFFERENT));
    if (distance <= limit && distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/**
 * How many characters must be inserted, deleted, replaced or swapped with their neighbour (optimal
 * string alignment).
 *
 * @param {string} left
 * @param {string} right
 */
function editDistance(left, right) {
  /** @type {number[]} */
  let beforeLast = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = last[column - 1] + (left[row - 1] === right[column - 1] ? 0 : 1);
      let distance = Math.min(replaced, last[column] + 1, current[column - 1] + 1);
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwap) distance = Math.min(distance, beforeLast[column - 2] + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length];
}

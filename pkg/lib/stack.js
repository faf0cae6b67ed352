// The stack of the runtime, whose size no API tells.

/** How many nested calls there must be room for: many times what a call of the core takes. */
const CALLS = 1000;

/** Whether the stack is not nearly exhausted. */
export function hasStack() {
  try {
    return descend(CALLS) === CALLS;
  } catch {
    return false;
  }
}

/**
 * @param {number} calls
 * @returns {number}
 */
function descend(calls) {
  return calls === 0 ? 0 : 1 + descend(calls - 1);
}

// AbortSignals: waiting that they end, and a link from a caller's signal to a call.

/**
 * Resolves after so many milliseconds, or when the signal aborts.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}

/**
 * A promise that rejects with the signal's reason when it aborts, and never causes an unhandled
 * rejection.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
export function rejectOnAbort(signal) {
  /** @type {Promise<never>} */
  const aborted = new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return aborted;
}

/**
 * What a signal aborts.
 *
 * @typedef {{ abort(reason: unknown): void }} Abortable
 */

/**
 * The listener of a caller's signal.
 *
 * @typedef {object} AbortLink
 * @property {Abortable | undefined} pending the call, while a caller waits for it
 * @property {() => void} remove removes the listener
 */

/**
 * Aborts a call when its caller's signal aborts. The signal may outlive many calls, so it
 * references one strongly only while a caller waits for it, when nothing else might. An abandoned
 * call can then be collected.
 *
 * @param {Abortable} call
 * @param {AbortSignal} signal
 * @returns {AbortLink}
 */
export function linkAbortSignal(call, signal) {
  const idle = weakRef(call);
  const listener = () => (link.pending ?? idle.deref())?.abort(signal.reason);
  /** @type {AbortLink} */
  const link = { pending: call, remove: () => signal.removeEventListener("abort", listener) };
  signal.addEventListener("abort", listener, { once: true });
  return link;
}

/**
 * Not inlined into `linkAbortSignal`: all closures of a function share what any of them captures.
 *
 * @template {object} T
 * @param {T} target
 * @returns {{ deref(): T | undefined }}
 */
function weakRef(target) {
  return typeof WeakRef === "undefined" ? { deref: () => target } : new WeakRef(target);
}

// AbortSignals: a link from a caller's signal to a call.

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
 * A reference that keeps nothing alive, where the runtime has one. A function of its own: all closures
 * of a function share what any of them captures.
 *
 * @template {object} T
 * @param {T} target
 * @returns {{ deref(): T | undefined }}
 */
export function weakRef(target) {
  return typeof WeakRef === "undefined" ? { deref: () => target } : new WeakRef(target);
}

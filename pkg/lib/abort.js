// AbortSignals: links from a caller's signal to its calls.

/**
 * What a signal aborts.
 *
 * @typedef {{ abort(reason: unknown): void }} Abortable
 */

/** The link of a call to its caller's signal. */
export class AbortLink {
  #listener;
  #idle;

  /**
   * @param {Listener} listener
   * @param {Abortable} call
   */
  constructor(listener, call) {
    this.#listener = listener;
    this.#idle = weakRef(call);
    /**
     * The call, while a caller waits for it.
     *
     * @type {Abortable | undefined}
     */
    this.pending = call;
  }

  /** @param {unknown} reason */
  abort(reason) {
    (this.pending ?? this.#idle.deref())?.abort(reason);
  }

  remove() {
    this.#listener.remove(this);
  }
}

/** One listener of a signal, for all of its calls: runtimes warn of many. */
class Listener {
  #signal;
  /** @type {Set<AbortLink>} */
  #links = new Set();

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.#signal = signal;
    listeners.set(signal, this);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** @param {Abortable} call */
  add(call) {
    const link = new AbortLink(this, call);
    this.#links.add(link);
    return link;
  }

  /** @param {AbortLink} link */
  remove(link) {
    if (!this.#links.delete(link) || this.#links.size > 0) return;
    this.#signal.removeEventListener("abort", this.#onAbort);
    listeners.delete(this.#signal);
  }

  #onAbort = () => {
    for (const link of this.#links) link.abort(this.#signal.reason);
  };
}

/** @type {WeakMap<AbortSignal, Listener>} */
const listeners = new WeakMap();

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
  const listener = listeners.get(signal) ?? new Listener(signal);
  return listener.add(call);
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

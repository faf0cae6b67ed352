// Waits: for promises of the host's, and for time.

/** The longest time that `setTimeout` takes, in milliseconds: it runs a longer one at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * A wait for a promise of the host's, which `interrupt` ends early. A promise that never settles
 * then references nothing of the call.
 *
 * @template T
 */
export class Wait {
  /** @type {((value: T) => void) | undefined} */
  #resolve;
  /** @type {((reason: unknown) => void) | undefined} */
  #reject;
  /** @type {((value: T) => void) | undefined} */
  #onLate;

  /**
   * @param {Promise<T>} promise
   * @param {(value: T) => void} [onLate] takes a value that comes after the interruption
   */
  constructor(promise, onLate) {
    this.#onLate = onLate;
    /** @type {Promise<T>} */
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    observe(promise, this);
  }

  /** @param {unknown} reason */
  interrupt(reason) {
    this.#reject?.(reason);
    this.#release();
  }

  /** @param {T} value */
  onValue(value) {
    if (this.#resolve) this.#resolve(value);
    else this.#onLate?.(value);
    this.#release();
  }

  #release() {
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}

/**
 * Not in the constructor, whose closures reference the promise of the wait.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {Wait<T>} wait
 */
function observe(promise, wait) {
  promise.then(
    (value) => wait.onValue(value),
    (reason) => wait.interrupt(reason),
  );
}

/** A timer that may be longer than `setTimeout` can. */
export class Timer {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} ms
   * @param {() => void} onEnd
   */
  constructor(ms, onEnd) {
    this.#start(ms, onEnd);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /**
   * @param {number} ms
   * @param {() => void} onEnd
   */
  #start(ms, onEnd) {
    const rest = ms - LONGEST_TIMER;
    this.#timer = rest > 0 ? setTimeout(() => this.#start(rest, onEnd), LONGEST_TIMER) : setTimeout(onEnd, ms);
  }
}

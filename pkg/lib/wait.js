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

/**
 * A limit on each of many waits, one after another. SPEED: a timer for each network chunk takes
 * 2.4 µs of workerd's CPU, a clock 0.4. So the timer runs on while waits end and begin, and is set
 * anew for what is left when it fires.
 */
export class WaitLimit {
  #ms;
  /** @type {Timer | undefined} */
  #timer;
  /** When the current wait takes too long, in milliseconds of `performance.now`. */
  #due = 0;
  /**
   * Only during a wait: what lives as long as the timer must not reference an abandoned call.
   *
   * @type {(() => void) | undefined}
   */
  #onEnd;

  /** @param {number} ms */
  constructor(ms) {
    this.#ms = ms;
  }

  /**
   * A wait begins.
   *
   * @param {() => void} onEnd is called when it takes too long
   */
  start(onEnd) {
    this.#due = performance.now() + this.#ms;
    this.#onEnd = onEnd;
    this.#timer ??= new Timer(this.#ms, this.#onTimer);
  }

  /** The wait has ended. */
  pause() {
    this.#onEnd = undefined;
  }

  /** No other wait will begin. */
  stop() {
    this.#onEnd = undefined;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #onTimer = () => {
    this.#timer = undefined;
    if (this.#onEnd === undefined) return;
    const rest = this.#due - performance.now();
    if (rest > 0) this.#timer = new Timer(rest, this.#onTimer);
    else this.#onEnd();
  };
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

/**
 * The value of a promise of the host's. Rejects where that takes longer; the promise is then waited
 * for no more.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T>}
 */
export async function within(promise, ms) {
  const wait = new Wait(promise);
  const timer = new Timer(ms, () => wait.interrupt(new DOMException(`no answer within ${ms} ms`, "TimeoutError")));
  try {
    return await wait.result;
  } finally {
    timer.stop();
  }
}

// Keep-alive: what is sent where a connection would otherwise be silent for too long.

import { Timer } from "./wait.js";

/** A comment of server-sent events, which readers skip, as an event of its own. */
export const COMMENT = new TextEncoder().encode(": keep-alive\n\n");

/** How many times the timer fires in a silence. */
const TICKS = 4;

/**
 * Notices that many waits, one after another, have brought nothing for a time. SPEED: a wait costs two
 * assignments, and no clock or timer: one timer runs on while waits end and begin, and counts how often
 * it has found the same wait. So a silence is noticed after three quarters of the time, or up to the
 * whole of it.
 */
export class Silence {
  #tickMs;
  #ticks = 0;
  /** @type {Timer | undefined} */
  #timer;
  /**
   * Only during a wait: what lives as long as the timer must not reference an abandoned call.
   *
   * @type {(() => void) | undefined}
   */
  #onSilence;

  /** @param {number} ms */
  constructor(ms) {
    this.#tickMs = ms / TICKS;
  }

  /**
   * A wait begins.
   *
   * @param {() => void} onSilence is called as often as it has brought nothing for the time
   */
  start(onSilence) {
    this.#ticks = 0;
    this.#onSilence = onSilence;
    this.#timer ??= new Timer(this.#tickMs, this.#onTick);
  }

  /** The wait has ended. */
  pause() {
    this.#onSilence = undefined;
  }

  /** No other wait will begin. */
  stop() {
    this.#onSilence = undefined;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #onTick = () => {
    this.#timer = undefined;
    if (this.#onSilence === undefined) return;
    this.#timer = new Timer(this.#tickMs, this.#onTick);
    this.#ticks += 1;
    if (this.#ticks < TICKS) return;
    this.#ticks = 0;
    this.#onSilence();
  };
}

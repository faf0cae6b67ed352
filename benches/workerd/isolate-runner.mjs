// A contender in an isolate of workerd of its own.
import { median } from "../statistics.mjs";

const EMPTY_ROUNDS = 30;

/** @import { Runner } from "../types.d.ts" */

/** @typedef {Parameters<import("../types.d.ts").StartRunner>} ContenderArguments */
/** @typedef {{ method: "time" | "outcome", chunking: string, repeats: number }} Command */
/** @typedef {Command & { contender: ContenderArguments }} CommandBody */

/** @implements {Runner} */
export class IsolateRunner {
  #origin;
  #contender;
  /** @type {number | undefined} */
  #emptyMs;
  /** @type {string | undefined} */
  #chunking;

  /**
   * @param {string} origin
   * @param {ContenderArguments} contender
   */
  constructor(origin, contender) {
    this.#origin = origin;
    this.#contender = contender;
  }

  outcome(/** @type {string} */ chunking) {
    return this.#send({ method: "outcome", chunking, repeats: 1 });
  }

  /**
   * The time of the request, less that of a request for no stream.
   *
   * @param {string} chunking
   * @param {number} repeats
   */
  async time(chunking, repeats) {
    if (this.#chunking !== chunking) {
      // The first request for a chunking cuts the corpus.
      await this.#timed(chunking, 0);
      this.#chunking = chunking;
    }
    if (this.#emptyMs === undefined) {
      const times = [];
      for (let round = 0; round < EMPTY_ROUNDS; round++) times.push(await this.#timed(chunking, 0));
      this.#emptyMs = median(times);
    }
    // A request for no stream may by chance have taken longer than one for a short stream.
    return Math.max(1e-3, (await this.#timed(chunking, repeats)) - this.#emptyMs);
  }

  close() {}

  /**
   * @param {string} chunking
   * @param {number} repeats
   */
  async #timed(chunking, repeats) {
    const started = performance.now();
    await this.#send({ method: "time", chunking, repeats });
    return performance.now() - started;
  }

  async #send(/** @type {Command} */ command) {
    const body = JSON.stringify({ contender: this.#contender, ...command });
    const response = await fetch(this.#origin, { method: "POST", body });
    const { result, error } = await response.json();
    if (error) throw new Error(error);
    return result;
  }
}

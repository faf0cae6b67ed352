// One request to the gateway, as its steps hand it on.

/** @import { Charge } from "./gateway-budget.js" */
/** @import { Caller } from "./gateway-caller.js" */
/** @import { OnEnd } from "./report.js" */

/**
 * @typedef {object} Visit
 * @property {Caller} caller
 * @property {WaitUntil} waitUntil
 * @property {Record<string, string>} headers of its response
 * @property {Charge} [charge] of what was reserved for it
 * @property {OnEnd[]} onEnd who wants to know how the request ended, once it has become a call
 *
 * Lets work go on after the response. Its failure is nobody's.
 * @typedef {(work: Promise<unknown>) => void} WaitUntil
 */

/**
 * The Worker's `waitUntil`. Where there is none (Node, Deno, Bun), work goes on by itself.
 *
 * @param {unknown} ctx the Worker's
 * @returns {WaitUntil}
 */
export function waitUntilOf(ctx) {
  const context = /** @type {{ waitUntil?: WaitUntil } | undefined} */ (ctx);
  return (work) => {
    const settled = work.catch(() => {});
    context?.waitUntil?.(settled);
  };
}

/** The text of a request, and its JSON, which is parsed once, and only where somebody needs it. */
export class RequestText {
  /** @readonly */
  text;
  #isParsed = false;
  /** @type {any} */
  #json;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  /**
   * Undefined where it is no object.
   *
   * @returns {any}
   */
  get json() {
    if (!this.#isParsed) {
      this.#isParsed = true;
      this.#json = objectOf(this.text);
    }
    return this.#json;
  }
}

/** @param {string} text */
function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

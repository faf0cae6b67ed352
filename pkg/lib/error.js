// OciError: the one class of every failure.

import { CODES } from "./codes.js";

/** @import { RawErrorFields } from "./wasm.js" */
/**
 * @import { Attempt, ChatCompletion, OciErrorCode, OciError as PublicOciError } from "../index.js"
 */

/**
 * What an OciError is made of.
 *
 * @typedef {object} ErrorFields
 * @property {OciErrorCode} code
 * @property {string} message
 * @property {string} [serviceMessage] what the service said, which may repeat anything of the request
 * @property {string} [hint]
 * @property {string} [param]
 * @property {number} [status]
 * @property {string} [serviceCode]
 * @property {string} [opcRequestId]
 * @property {boolean} [retryable] what the code says, where it is absent
 * @property {number} [retryAfterMs]
 * @property {Attempt[]} [attempts]
 * @property {ChatCompletion} [partial]
 */

/**
 * Every failure of this package, except an abort by the caller, which rejects with the signal's own
 * reason. The codes are listed at `OciErrorCode` in index.d.ts.
 *
 * @implements {PublicOciError}
 */
export class OciError extends Error {
  /**
   * Private: whatever prints or copies an error leaves it out.
   *
   * @type {string | undefined}
   */
  #serviceMessage;
  /**
   * Private too, so that a truncated answer can be read but is not printed.
   *
   * @type {ChatCompletion | undefined}
   */
  #partial;

  /**
   * @param {ErrorFields} fields
   * @param {unknown} [cause] what the host threw
   */
  constructor(fields, cause) {
    super(fields.message, cause === undefined ? undefined : { cause });
    this.#serviceMessage = fields.serviceMessage;
    this.code = fields.code;
    this.retryable = fields.retryable ?? CODES[fields.code].retryable;
    this.attempts = fields.attempts ?? [];
    // Absent where there is no value, so that a printed error shows only what is known.
    if (fields.status !== undefined) this.status = fields.status;
    if (fields.serviceCode !== undefined) this.serviceCode = fields.serviceCode;
    if (fields.opcRequestId !== undefined) this.opcRequestId = fields.opcRequestId;
    if (fields.retryAfterMs !== undefined) this.retryAfterMs = fields.retryAfterMs;
    if (fields.hint !== undefined) this.hint = fields.hint;
    if (fields.param !== undefined) this.param = fields.param;
    this.#partial = fields.partial;
  }

  /**
   * @override
   * @returns {"OciError"}
   */
  get name() {
    return "OciError";
  }

  /** @returns {string | undefined} */
  get serviceMessage() {
    return this.#serviceMessage;
  }

  /** @returns {ChatCompletion | undefined} what was received of the answer */
  get partial() {
    return this.#partial;
  }

  /** For logs: contains nothing of the request or the answer, and no cause. */
  toJSON() {
    const { code, message, status, serviceCode, opcRequestId, retryable, retryAfterMs, hint, param, attempts } = this;
    const named = { name: "OciError", code, message, status, serviceCode, opcRequestId };
    return { ...named, retryable, retryAfterMs, hint, param, attempts };
  }
}

/**
 * An error that was found without the core.
 *
 * @param {OciErrorCode} code
 * @param {string} message
 * @param {string} [hint]
 * @param {unknown} [cause]
 */
export function createError(code, message, hint, cause) {
  return new OciError({ code, message, hint }, cause);
}

/**
 * An error of the core.
 *
 * @param {RawErrorFields} fields
 * @param {unknown} [cause]
 */
export function errorOf(fields, cause) {
  const partial = fields.partial === undefined ? undefined : JSON.parse(fields.partial);
  return new OciError({ ...fields, partial }, cause);
}

/**
 * The error of a trap.
 *
 * @param {unknown} thrown
 */
export function crashed(thrown) {
  const hint = "the next call works; please report it, with what led to it";
  return createError("internal", "the wasm core crashed", hint, thrown);
}

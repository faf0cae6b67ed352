// The rate of callers that have none of their own.

import { createError } from "./error.js";
import { ENGINE_MS, keep } from "./gateway-bounded.js";
import { Rate } from "./gateway-ledger.js";
import { logRepeated } from "./gateway-log.js";
import { within } from "./wait.js";

/** @import { RateLimiter } from "../gateway.d.ts" */
/** @import { Caller } from "./gateway-caller.js" */
/** @import { Admission } from "./gateway-ledger.js" */

/**
 * So many requests in so many seconds.
 *
 * @typedef {{ requests: number, seconds: number }} RateLimit
 */

/** The longest period of the Rate Limiting binding, which does not tell its own. */
const LONGEST_PERIOD_SECONDS = 60;

/**
 * Reads `"100/60"`. Throws an OciError.
 *
 * @param {unknown} text
 * @returns {RateLimit | undefined}
 */
export function readRateLimit(text) {
  if (text === undefined) return undefined;
  const [, requests, seconds] = /^([1-9]\d{0,8})\/(10|60)$/.exec(String(text)) ?? [];
  if (requests !== undefined) return { requests: Number(requests), seconds: Number(seconds) };
  const hint = "100/60 is 100 requests in 60 seconds";
  throw createError("invalid_options", "the rate limit must be a number of requests in 10 or 60 seconds", hint);
}

/** By the binding, else counted in the isolate. */
export class DefaultRate {
  #limiter;
  #limit;
  /** @type {Map<string, Rate>} */
  #rates = new Map();

  /** @param {{ rateLimiter?: RateLimiter, rateLimit?: RateLimit }} settings */
  constructor({ rateLimiter, rateLimit }) {
    this.#limiter = rateLimiter;
    this.#limit = rateLimit;
  }

  /**
   * What becomes of a request, if it is limited at all.
   *
   * @param {Caller} caller
   * @returns {Promise<Admission | undefined>}
   */
  async admit({ id, requestsPerMinute }) {
    if (requestsPerMinute !== undefined) return undefined;
    if (this.#limiter) {
      try {
        const { success } = await within(this.#limiter.limit({ key: id }), ENGINE_MS);
        return success ? undefined : this.#refuse();
      } catch {
        logRepeated("RATE_LIMITER failed, so the isolate counts the requests itself");
      }
    }
    if (!this.#limit) return undefined;
    const { requests: limit, seconds } = this.#limit;
    const rate = this.#rates.get(id) ?? keep(this.#rates, id, new Rate());
    const { retryMs, ...requests } = rate.take(limit, Date.now(), seconds * 1000);
    return retryMs === undefined ? { requests } : { refused: "requests", retryMs, requests };
  }

  /** @returns {Admission} */
  #refuse() {
    const retryMs = (this.#limit?.seconds ?? LONGEST_PERIOD_SECONDS) * 1000;
    const limit = this.#limit?.requests;
    return {
      refused: "requests",
      retryMs,
      requests: limit === undefined ? undefined : { limit, remaining: 0, resetMs: retryMs },
    };
  }
}

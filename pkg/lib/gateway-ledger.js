// What one caller has used: requests of this minute, tokens of this day (UTC).

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * What is left of a limit, and when all of it is there again.
 *
 * @typedef {{ limit: number, remaining: number, resetMs: number }} Allowance
 */

/**
 * @typedef {object} Admission
 * @property {"requests" | "tokens"} [refused] the limit that is used up
 * @property {number} [retryMs] when to ask again
 * @property {Allowance} [requests]
 * @property {Allowance} [tokens]
 * @property {number} [day] that the tokens are counted under, where there is a limit
 */

/**
 * @typedef {object} Claim
 * @property {number} tokens how many the request may use
 * @property {number} [requestsPerMinute]
 * @property {number} [tokensPerDay]
 */

/**
 * Admits requests by a rate: so many at once, and as they are forgotten again, evenly over the minute, more
 * (a token bucket, kept as the time at which it is full again).
 */
export class Rate {
  #fullAt = 0;

  /**
   * Takes one request.
   *
   * @param {number} limit a period
   * @param {number} now
   * @param {number} [periodMs]
   * @returns {Allowance & { retryMs?: number }} `retryMs`: the request is refused
   */
  take(limit, now, periodMs = MINUTE_MS) {
    const each = periodMs / limit;
    // Of a higher limit before, or of a clock that was set back.
    const fullAt = Math.min(Math.max(this.#fullAt, now), now + periodMs);
    const after = fullAt + each;
    // A fraction of a millisecond is the arithmetic's.
    const excess = after - now - periodMs;
    if (excess > 0.001) return { limit, remaining: 0, resetMs: fullAt - now, retryMs: Math.ceil(excess) };
    this.#fullAt = after;
    const remaining = Math.floor((periodMs - (after - now)) / each + 0.001);
    return { limit, remaining: Math.max(remaining, 0), resetMs: after - now };
  }
}

/**
 * Counts what a caller uses. Tokens are counted as used when they are reserved; `settle` corrects that. So a
 * request that is never settled has used what was reserved for it.
 */
export class Ledger {
  #rate = new Rate();
  /** Days since 1970. */
  day = 0;
  /** Tokens of that day, those included that are reserved. */
  used = 0;

  /**
   * Admits a request where the limits are not used up. The last one of a day may use more than is left, as far as
   * its answer goes.
   *
   * @param {Claim} claim
   * @param {number} now milliseconds since 1970
   * @returns {Admission}
   */
  admit({ tokens, tokensPerDay, requestsPerMinute }, now) {
    this.#startDay(now);
    const resetMs = (this.day + 1) * DAY_MS - now;
    /** @type {(used: number) => Allowance | undefined} */
    const left = (used) => {
      if (tokensPerDay === undefined) return undefined;
      return { limit: tokensPerDay, remaining: Math.max(tokensPerDay - used, 0), resetMs };
    };
    if (tokensPerDay !== undefined && this.used >= tokensPerDay) {
      return { refused: "tokens", retryMs: resetMs, tokens: left(this.used), day: this.day };
    }
    if (requestsPerMinute !== undefined) {
      const { retryMs, ...requests } = this.#rate.take(requestsPerMinute, now);
      if (retryMs !== undefined) {
        return { refused: "requests", retryMs, requests, tokens: left(this.used), day: this.day };
      }
      if (tokensPerDay === undefined) return { requests };
      this.used += tokens;
      return { requests, tokens: left(this.used), day: this.day };
    }
    if (tokensPerDay === undefined) return {};
    this.used += tokens;
    return { tokens: left(this.used), day: this.day };
  }

  /**
   * Corrects what was reserved for a request to what it used. Of another day, nothing is left to correct.
   *
   * @param {{ day: number, correction: number }} settlement
   */
  settle({ day, correction }) {
    if (day === this.day) this.used = Math.max(this.used + correction, 0);
  }

  /**
   * What another ledger of the same caller says, which counts for it.
   *
   * @param {Admission} admission
   */
  follow({ tokens, day }) {
    if (day === undefined || !tokens) return;
    this.day = day;
    this.used = tokens.limit - tokens.remaining;
  }

  /** @param {number} now */
  #startDay(now) {
    const day = Math.floor(now / DAY_MS);
    // A clock that was set back begins no day anew.
    if (day <= this.day) return;
    this.day = day;
    this.used = 0;
  }
}

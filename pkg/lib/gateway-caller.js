// Who calls the gateway: its token, or a key of its own.

import { CODES } from "./codes.js";
import { log } from "./gateway-log.js";
import { rejection } from "./openai-error.js";
import { TokenCheck } from "./token.js";

/** @import { ClientInternals } from "./client.js" */

/**
 * Who asks, and what they may.
 *
 * @typedef {object} Caller
 * @property {string} name for usage and logs
 * @property {string} id what its limits are counted under
 * @property {ReadonlySet<string>} [models] the aliases that it may call. Default: all
 * @property {number} [requestsPerMinute]
 * @property {number} [tokensPerDay]
 */

/**
 * Whoever has the gateway's token.
 *
 * @type {Caller}
 */
const GATEWAY = Object.freeze({ name: "gateway", id: "gateway" });

/** Finds out who calls. */
export class Callers {
  #client;
  /** @type {TokenCheck | undefined} */
  #token;

  /**
   * @param {ClientInternals} client
   * @param {{ token: string }} settings
   */
  constructor(client, { token }) {
    this.#client = client;
    this.#token = token === "" ? undefined : new TokenCheck(token);
  }

  /**
   * The caller, or the response to a request of nobody's.
   *
   * @param {Request} request
   * @returns {Promise<Caller | Response>}
   */
  async identify(request) {
    if (!this.#token) {
      log("GATEWAY_TOKEN is not set, so every request is rejected");
      this.#client.reportRefusal("authorization", "invalid_options");
      const { status, type } = CODES.invalid_options;
      return rejection(status, "invalid_options", "the gateway has no token to check requests against", { type });
    }
    const header = request.headers.get("authorization");
    if (await this.#token.accepts(header)) return GATEWAY;
    this.#client.reportRefusal("authorization", "unauthorized");
    const message = "the gateway requires its token as Authorization: Bearer …";
    return rejection(401, "invalid_api_key", message, {
      type: CODES.unauthorized.type,
      headers: { "www-authenticate": "Bearer" },
    });
  }
}

// Who calls the gateway: whoever has its token, or a key of their own.

import { CODES } from "./codes.js";
import { KeyStore } from "./gateway-keys.js";
import { log } from "./gateway-log.js";
import { rejection } from "./openai-error.js";
import { TokenCheck, bearerOf } from "./token.js";

/** @import { KeyNamespace } from "../gateway.d.ts" */
/** @import { OciErrorCode } from "../index.js" */
/** @import { ClientInternals } from "./client.js" */
/** @import { KeyResult } from "./gateway-keys.js" */

/**
 * Who asks, and what they may.
 *
 * @typedef {object} Caller
 * @property {string} name for usage and logs
 * @property {string} id what its limits are counted under; shows nothing of a key
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
  /** @type {KeyStore | undefined} */
  #keys;

  /**
   * @param {ClientInternals} client
   * @param {{ token: string, keys?: KeyNamespace }} settings
   */
  constructor(client, { token, keys }) {
    this.#client = client;
    this.#token = token === "" ? undefined : new TokenCheck(token);
    this.#keys = keys && new KeyStore(keys);
  }

  /**
   * The caller, or the response to a request of nobody's.
   *
   * @param {Request} request
   * @returns {Promise<Caller | Response>}
   */
  async identify(request) {
    const header = request.headers.get("authorization");
    if (this.#token && (await this.#token.accepts(header))) return GATEWAY;
    if (this.#keys) {
      const key = bearerOf(header);
      const result = key === "" ? unknownKey : await this.#keys.find(key);
      return result.caller ?? this.#refuseKey(result.failure);
    }
    if (this.#token) {
      return this.#refuse("unauthorized", 401, "the gateway requires its token as Authorization: Bearer …");
    }
    log("neither GATEWAY_TOKEN nor GATEWAY_KEYS is set, so every request is rejected");
    return this.#refuse("invalid_options", 500, "the gateway has no token to check requests against");
  }

  /** @param {NonNullable<KeyResult["failure"]>} failure */
  #refuseKey(failure) {
    switch (failure) {
      case "unknown":
        return this.#refuse("unauthorized", 401, "the gateway requires a key as Authorization: Bearer …");
      case "expired":
        return this.#refuse("unauthorized", 401, "the key has expired; its operator issues a new one");
      case "malformed":
        return this.#refuse("invalid_options", 500, MALFORMED);
      default:
        return this.#refuse("service_unavailable", 503, "the gateway can't read its keys now; try again later");
    }
  }

  /**
   * @param {OciErrorCode} code
   * @param {number} status
   * @param {string} message
   */
  #refuse(code, status, message) {
    this.#client.reportRefusal("authorization", code);
    const { type } = CODES[code];
    if (status === 401) return rejection(401, "invalid_api_key", message, { type, headers: CHALLENGE });
    return rejection(status, code, message, { type, retryAfterMs: status === 503 ? RETRY_MS : undefined });
  }
}

/** @type {KeyResult} */
const unknownKey = { failure: "unknown" };

const MALFORMED = "the record of this key can't be read; the gateway's log has the reason";

const CHALLENGE = { "www-authenticate": "Bearer" };

/** When to ask again where KV failed, in milliseconds. */
const RETRY_MS = 2000;

/**
 * The response to a request for a model that the caller may not call; undefined if it may.
 *
 * 403, and not the 404 of an unknown alias, as OpenAI answers where a project may not use a model:
 * so that a caller can tell a missing permission from a misspelt name. What is not on the list is
 * answered alike whether it exists or not, and names the caller's own aliases alone.
 *
 * @param {Caller} caller
 * @param {unknown} model
 */
export function refuseModel({ models }, model) {
  if (!models || (typeof model === "string" && models.has(model))) return undefined;
  const message = `this key may not call the model; it may call ${[...models].join(", ")}`;
  return rejection(403, "model_not_allowed", message, { param: "model" });
}

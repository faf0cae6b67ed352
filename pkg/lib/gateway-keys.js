// The keys of callers: records in KV under the SHA-256 of each key, so that the keys themselves are
// stored nowhere.

import { isWithin, keep, sha256 } from "./gateway-bounded.js";
import { log, logRepeated } from "./gateway-log.js";
import { within } from "./wait.js";

/** @import { KeyNamespace } from "../gateway.d.ts" */
/** @import { Caller } from "./gateway-caller.js" */

/**
 * What a key stands for. `failure`: why it stands for nobody.
 *
 * @typedef {{ caller: Caller, expires?: number, failure?: undefined }} KnownKey
 * @typedef {{ caller?: undefined, failure: "unknown" | "expired" | "malformed" | "unavailable" }} RefusedKey
 * @typedef {KnownKey | RefusedKey} KeyResult
 */

/** How long KV may answer from where the Worker runs, in seconds: the least that KV takes. */
const KV_CACHE_SECONDS = 30;
/** How long a request waits for KV. */
const KV_MS = 5000;
/** How long an isolate uses a record that it has read. A key is revoked after both times. */
const RECORD_MS = 30_000;
/** How long an isolate refuses a key without asking again. */
const REFUSAL_MS = 10_000;
/** How long a record serves where KV fails. */
const STALE_MS = 10 * 60_000;

const NAMES = ["name", "models", "expires", "requests_per_minute", "tokens_per_day"];

/** The keys in a KV namespace, some of them kept in the isolate. */
export class KeyStore {
  #namespace;
  /** @type {Map<string, { result: KeyResult, at: number }>} */
  #records = new Map();
  /**
   * Apart from the records, so that made-up keys push none of them out.
   *
   * @type {Map<string, { result: KeyResult, at: number }>}
   */
  #refusals = new Map();

  /** @param {KeyNamespace} namespace */
  constructor(namespace) {
    this.#namespace = namespace;
  }

  /**
   * Compares no secret: what is looked up is a digest, of which a caller can't choose the first
   * characters.
   *
   * @param {string} key
   * @returns {Promise<KeyResult>}
   */
  async find(key) {
    const name = await nameOf(key);
    const now = Date.now();
    const kept = this.#records.get(name);
    if (kept && isWithin(RECORD_MS, kept.at, now)) return unlessExpired(kept.result, now);
    const refused = this.#refusals.get(name);
    if (refused && isWithin(REFUSAL_MS, refused.at, now)) return refused.result;
    let text;
    try {
      text = await within(this.#namespace.get(name, { type: "text", cacheTtl: KV_CACHE_SECONDS }), KV_MS);
    } catch {
      const isUsable = kept && isWithin(STALE_MS, kept.at, now);
      logRepeated("GATEWAY_KEYS can't be read", "keys that were read before are still accepted for a while");
      return isUsable ? unlessExpired(kept.result, now) : { failure: "unavailable" };
    }
    const result = resultOf(name, text);
    this.#records.delete(name);
    this.#refusals.delete(name);
    keep(result.caller ? this.#records : this.#refusals, name, { result, at: now });
    return unlessExpired(result, now);
  }
}

/**
 * The name of a key's record.
 *
 * @param {string} key
 */
export async function nameOf(key) {
  return `sha256:${await sha256(key)}`;
}

/**
 * A record as the gateway uses it. Throws a TypeError that says what is wrong with it. An unknown
 * member is an error: a misspelt `models` would allow them all.
 *
 * @param {unknown} record
 */
export function readKeyRecord(record) {
  if (!isObject(record)) throw new TypeError("the record is not an object");
  const unknown = Object.keys(record).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`the record has ${unknown}; its members are ${NAMES.join(", ")}`);
  const { name, models, expires, requests_per_minute: requests, tokens_per_day: tokens } = record;
  if (!isText(name)) throw new TypeError("name must be a text of 1 to 200 characters");
  if (models !== undefined && !(Array.isArray(models) && models.length > 0 && models.every(isText))) {
    throw new TypeError("models must be a list of at least one alias");
  }
  if (expires !== undefined && !(isText(expires) && !Number.isNaN(Date.parse(expires)))) {
    throw new TypeError("expires must be a time such as 2027-01-31T00:00:00Z");
  }
  for (const [limit, value] of Object.entries({ requests_per_minute: requests, tokens_per_day: tokens })) {
    const isCount = value === undefined || (Number.isSafeInteger(value) && Number(value) > 0);
    if (!isCount) throw new TypeError(`${limit} must be a whole number of at least 1`);
  }
  return {
    name,
    models: models && new Set(models),
    expires: expires === undefined ? undefined : Date.parse(expires),
    requestsPerMinute: /** @type {number | undefined} */ (requests),
    tokensPerDay: /** @type {number | undefined} */ (tokens),
  };
}

/**
 * @param {string} name
 * @param {string | null} text
 * @returns {KeyResult}
 */
function resultOf(name, text) {
  if (text === null) return { failure: "unknown" };
  try {
    const { expires, ...caller } = readKeyRecord(JSON.parse(text));
    return { caller: { ...caller, id: name }, expires };
  } catch (error) {
    // A parser's message may quote the record, which is no secret, but not a message of ours either.
    const reason = error instanceof TypeError ? error.message : "the record is not JSON";
    log(`the record ${name.slice(0, "sha256:".length + 12)}… of GATEWAY_KEYS can't be used: ${reason}`);
    return { failure: "malformed" };
  }
}

/**
 * @param {KeyResult} result
 * @param {number} now
 * @returns {KeyResult}
 */
function unlessExpired(result, now) {
  const isExpired = result.caller && result.expires !== undefined && result.expires <= now;
  return isExpired ? { failure: "expired" } : result;
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isText(value) {
  return typeof value === "string" && value.trim() !== "" && value.length <= 200;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

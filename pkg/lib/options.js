// The options of a client and of a call, split into what the core reads and what stays in
// JavaScript.

import { Authorizer } from "./authorize.js";
import { nearestName } from "./core.js";
import { OciError, createError } from "./error.js";
import { optionsToJson } from "./json.js";
import { requireLogger, withLogger } from "./logger.js";

/** @import { CallOptions, ClientOptions } from "../index.js" */

const FUNCTION_OPTIONS = ["sign", "apiKey", "fetch", "onFinish", "logger"];

const MAX_REQUEST_ID = 200;

/**
 * Throws an OciError for what can't be used. The core checks everything but the functions, unknown
 * names included.
 *
 * @param {ClientOptions} options
 */
export function readClientOptions(options) {
  return reading(() => splitClientOptions(options));
}

/** @param {ClientOptions} options */
function splitClientOptions(options) {
  if (options === null || typeof options !== "object") {
    throw createError("invalid_options", "the options must be an object");
  }
  const { sign, apiKey, fetch, onFinish, logger, endpoint } = options;
  requireFunction("sign", sign);
  requireFunction("fetch", fetch);
  requireFunction("onFinish", onFinish);
  if (typeof apiKey !== "string") requireFunction("apiKey", apiKey);
  const onEnd = logger === undefined ? onFinish : withLogger(requireLogger(logger), onFinish);
  /** @type {Record<string, unknown>} */
  const plain = Object.create(null); // `__proto__` is a name like any other.
  // Inherited options count, for callers who derive one object of options from another.
  for (const name in options) {
    if (!FUNCTION_OPTIONS.includes(name)) plain[name] = options[/** @type {keyof ClientOptions} */ (name)];
  }
  if (endpoint !== undefined) plain.endpoint = String(endpoint);
  rejectFunctions(plain, (name) => {
    const nearest = nearestName(name, FUNCTION_OPTIONS);
    return nearest === undefined ? undefined : `did you mean ${nearest}?`;
  });
  return { json: optionsToJson(plain), authorizer: new Authorizer({ sign, apiKey }), fetch, onFinish: onEnd };
}

/**
 * @param {CallOptions | null | undefined} options
 */
export function readCallOptions(options) {
  return reading(() => splitCallOptions(options));
}

/** @param {CallOptions | null | undefined} options */
function splitCallOptions(options) {
  if (options !== undefined && typeof options !== "object") {
    throw createError("invalid_options", "the options must be an object");
  }
  const { signal, requestId, ...plain } = options ?? {};
  if (signal !== undefined && !(signal instanceof AbortSignal && typeof signal.aborted === "boolean")) {
    throw createError("invalid_options", "the option signal must be an AbortSignal");
  }
  if (requestId !== undefined && !isRequestId(requestId)) {
    const what = `a text of 1 to ${MAX_REQUEST_ID} visible ASCII characters`;
    throw createError("invalid_options", `the option requestId must be ${what}`);
  }
  rejectFunctions(plain, (name) => {
    return FUNCTION_OPTIONS.includes(name) ? `${name} is an option of the client` : undefined;
  });
  // SPEED: most calls have no options of their own, which the core takes as an empty text.
  return { json: Object.keys(plain).length === 0 ? "" : optionsToJson(plain), signal, requestId };
}

/**
 * Whether a value can be the option `requestId`: what is written to logs as it is.
 *
 * @param {unknown} value
 * @returns {value is string}
 */
export function isRequestId(value) {
  return typeof value === "string" && value.length <= MAX_REQUEST_ID && /^[!-~]+$/.test(value);
}

/**
 * Options are the caller's object: a getter or a proxy may throw.
 *
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
function reading(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof OciError) throw error;
    throw createError("invalid_options", "the options can't be read", "use a plain object", error);
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function requireFunction(name, value) {
  if (value !== undefined && typeof value !== "function") {
    throw createError("invalid_options", `the option ${name} must be a function`);
  }
}

/**
 * Rejects functions under names that no function option has. JSON would drop them.
 *
 * @param {object} plain
 * @param {(name: string) => string | undefined} hintOf
 */
function rejectFunctions(plain, hintOf) {
  for (const [name, value] of Object.entries(plain)) {
    if (typeof value !== "function") continue;
    throw createError("invalid_options", `the option ${name} must not be a function`, hintOf(name));
  }
}

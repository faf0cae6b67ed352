// What crosses the boundary as JSON text: requests and options.

import { createError } from "./error.js";

/** @import { OciErrorCode } from "../index.js" */

/**
 * A request as JSON text. Later changes of the object have no effect on the call.
 *
 * @param {unknown} request
 */
export function requestToJson(request) {
  return stringify(request, "invalid_request", "the request");
}

/**
 * Options as JSON text. JSON.stringify silently drops what JSON can't represent; here that is an
 * error. The core rejects anything but an object.
 *
 * @param {unknown} options
 */
export function optionsToJson(options) {
  // First, since it rejects cycles.
  const json = stringify(options, "invalid_options", "the options");
  if (typeof options === "object" && options !== null) checkRepresentable(options, "");
  return json;
}

/**
 * The longest JSON text that crosses the boundary, in UTF-16 units. The memory of wasm has 4 GiB, the
 * core needs several times the size of a request, and memory that it has grown by is never given back.
 */
const MAX_LENGTH = 2 ** 27;

/**
 * Throws for what is not JSON text, or longer than the core takes.
 *
 * @param {unknown} json
 * @param {OciErrorCode} code
 * @param {string} what
 */
export function requireText(json, code, what) {
  if (typeof json !== "string") throw createError(code, `${what} must be an object`);
  if (json.length > MAX_LENGTH) throw createError(code, `${what} is longer than ${MAX_LENGTH} characters of JSON`);
  return json;
}

/**
 * @param {unknown} value
 * @param {OciErrorCode} code
 * @param {string} what
 */
function stringify(value, code, what) {
  let json;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw createError(code, `${what} can't be written as JSON`, "use plain values without a cycle", cause);
  }
  return requireText(json, code, what);
}

/**
 * @param {object} options
 * @param {string} prefix the path to the object, with a dot at its end
 */
function checkRepresentable(options, prefix) {
  for (const [name, value] of Object.entries(options)) {
    const problem = problemOf(value);
    if (problem !== undefined) {
      throw createError("invalid_options", `the option ${prefix}${name} must not be ${problem}`);
    }
    if (typeof value === "object" && value !== null) checkRepresentable(value, `${prefix}${name}.`);
  }
}

/**
 * Why JSON can't represent a value, apart from what it contains.
 *
 * @param {unknown} value
 */
function problemOf(value) {
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "number" && !Number.isFinite(value)) return `${value}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // Headers, Map and Set have no properties of their own: as JSON they are {}.
  if (Symbol.iterator in value) return "an iterable; use a plain object or an array";
  return undefined;
}

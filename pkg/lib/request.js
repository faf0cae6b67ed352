// A request to OCI, as a signer and `fetch` get it.

/** @import { SignableRequest } from "../index.js" */
/** @import { CallHandle } from "./wasm.js" */

/**
 * @typedef {object} PreparedRequest
 * @property {number} attempt
 * @property {boolean} acceptsApiKey whether its transport takes an API key
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Uint8Array<ArrayBuffer>} body
 */

/**
 * @param {CallHandle} handle
 * @returns {PreparedRequest | undefined}
 */
export function prepareRequest(handle) {
  const head = handle.requestHead();
  return head === undefined ? undefined : readHead(head, handle.takeBody());
}

/**
 * Exactly what will be sent. A signer can't change it.
 *
 * @param {PreparedRequest} request
 * @param {AbortSignal} signal
 * @returns {SignableRequest}
 */
export function toSignable({ url, headers, body, attempt }, signal) {
  return Object.freeze({ method: "POST", url, headers: Object.freeze({ ...headers }), body, attempt, signal });
}

/**
 * @param {string} head lines, as src/js/fetch.rs writes them
 * @param {Uint8Array<ArrayBuffer>} body
 * @returns {PreparedRequest}
 */
function readHead(head, body) {
  const [attempt, acceptsApiKey, url, ...lines] = /** @type {[string, string, string, ...string[]]} */ (
    head.split("\n")
  );
  /** @type {Record<string, string>} */
  const headers = {};
  for (let at = 0; at < lines.length; at += 2) headers[lines[at]] = lines[at + 1];
  return { attempt: Number(attempt), acceptsApiKey: acceptsApiKey === "1", url, headers, body };
}

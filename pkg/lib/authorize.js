// Signing and API keys: the host's secrets stay in JavaScript. The core learns only whether
// authorizing worked.

import { rejectOnAbort } from "./abort.js";

/** @import { ClientOptions, SignableRequest } from "../index.js" */

/**
 * What the core calls once per attempt, with exactly what will be sent. It adds the authentication
 * headers to `headers`, and throws an {@link AuthorizeFailure}.
 *
 * @callback AuthorizeHook
 * @param {SignableRequest & { signal: AbortSignal }} request
 * @param {Headers} headers
 * @param {boolean} takesApiKey whether the request's transport takes an API key
 * @returns {Promise<void>}
 */

/**
 * What the core makes an error of: not an Error, so that nothing a hook throws can be mistaken for
 * one.
 *
 * @typedef {{ code: "signer_failed" | "invalid_signature", message: string, cause?: unknown }} AuthorizeFailure
 */

const SIGNING_HEADER = /^(authorization|date|x-date|x-content-sha256|opc-[a-z0-9-]+)$/;

/**
 * @param {Pick<ClientOptions, "sign" | "apiKey">} credentials
 * @returns {AuthorizeHook}
 */
export function createAuthorizeHook({ sign, apiKey }) {
  return async (request, headers, takesApiKey) => {
    if (sign) {
      const returned = await callHook(() => sign(request), request.signal, "the signer failed");
      for (const [name, value] of signingHeaders(returned)) setHeader(headers, name, value);
    } else if (apiKey !== undefined && takesApiKey) {
      const isFunction = typeof apiKey === "function";
      const key = isFunction ? await callHook(apiKey, request.signal, "the apiKey function failed") : apiKey;
      if (typeof key !== "string" || key === "") throw signerFailed("apiKey must be, or return, a non-empty string");
      if (/[^\x21-\x7e]/.test(key)) throw invalidSignature("the API key contains a character that no API key has");
      setHeader(headers, "authorization", `Bearer ${key}`);
    }
  };
}

/**
 * Calls a function of the host. One that never settles does not outlive the call: an abort or a
 * time limit ends the wait.
 *
 * @template T
 * @param {() => T | Promise<T>} hook
 * @param {AbortSignal} signal
 * @param {string} message
 */
async function callHook(hook, signal, message) {
  try {
    return await Promise.race([hook(), rejectOnAbort(signal)]);
  } catch (cause) {
    throw signerFailed(message, cause);
  }
}

/**
 * Name and value of each header that a signer returned, in any of the forms of HeadersInit.
 *
 * @param {unknown} returned
 */
function signingHeaders(returned) {
  if (returned === null || typeof returned !== "object") throw invalidSignature("the signer returned no headers");
  /** @type {[name: string, value: string][]} */
  const headers = [];
  for (const entry of isIterable(returned) ? returned : Object.entries(returned)) {
    const [name, value] = Array.isArray(entry) && entry.length === 2 ? entry : [];
    if (typeof name !== "string" || typeof value !== "string") {
      throw invalidSignature("the signer returned a header whose name or value is not a string");
    }
    const lower = name.toLowerCase();
    // Names come from the signer's code. A value may be secret, and never appears in a message.
    if (!SIGNING_HEADER.test(lower)) {
      throw invalidSignature(`the signer must not set the header ${JSON.stringify(name.slice(0, 40))}`);
    }
    if (/[\r\n\0]/.test(value)) throw invalidSignature(`the signer's ${lower} contains a line break or NUL`);
    headers.push([lower, value]);
  }
  return headers;
}

/**
 * @param {object} value
 * @returns {value is Iterable<unknown>}
 */
function isIterable(value) {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === "function";
}

/**
 * @param {Headers} headers
 * @param {string} name
 * @param {string} value
 */
function setHeader(headers, name, value) {
  try {
    headers.set(name, value);
  } catch {
    throw invalidSignature(`the value of ${name} can't be sent in a header`);
  }
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 * @returns {AuthorizeFailure}
 */
function signerFailed(message, cause) {
  return { code: "signer_failed", message, cause };
}

/**
 * @param {string} message
 * @returns {AuthorizeFailure}
 */
function invalidSignature(message) {
  return { code: "invalid_signature", message };
}

// Signing and API keys: the host's secrets stay in JavaScript. The core learns only whether
// authorizing worked.

import { toSignable } from "./request.js";

/** @import { ClientOptions } from "../index.js" */
/** @import { PreparedRequest } from "./request.js" */

/** Why a request was not authorized; `cause` is what the host threw. */
export class AuthorizeFailure extends Error {
  /**
   * @param {"signer_failed" | "invalid_signature"} code
   * @param {string} message
   * @param {unknown} [cause]
   */
  constructor(code, message, cause) {
    super(message, { cause });
    this.code = code;
    this.hint = hintOf(cause);
  }
}

const MAX_HINT = 500;

/**
 * What an OciError advises. Signers may be of another copy of this package, so the class is not
 * compared.
 *
 * @param {any} thrown
 * @returns {string | undefined}
 */
function hintOf(thrown) {
  try {
    const { name, hint } = thrown;
    return name === "OciError" && typeof hint === "string" ? hint.slice(0, MAX_HINT) : undefined;
  } catch {
    return undefined;
  }
}

const SIGNING_HEADER = /^(authorization|date|x-date|x-content-sha256|opc-[a-z0-9-]+)$/;

/** The signer or the API key of a client. */
export class Authorizer {
  #sign;
  #apiKey;

  /** @param {Pick<ClientOptions, "sign" | "apiKey">} credentials */
  constructor({ sign, apiKey }) {
    this.#sign = sign;
    this.#apiKey = apiKey;
  }

  /** Whether requests are signed. */
  get signs() {
    return this.#sign !== undefined;
  }

  /** Whether there is an API key, which is used where requests are not signed. */
  get hasApiKey() {
    return this.#apiKey !== undefined;
  }

  /**
   * Asks the host once per attempt, with exactly what will be sent. What comes of it is for
   * `apply`; undefined where the request is sent as it is.
   *
   * @param {PreparedRequest} request
   * @param {AbortSignal} signal
   * @returns {{ returned: unknown, message: string } | undefined}
   */
  ask(request, signal) {
    if (this.#sign) return callHook(this.#sign, toSignable(request, signal), "the signer failed");
    if (this.#apiKey === undefined || !request.acceptsApiKey) return undefined;
    if (typeof this.#apiKey === "string") return { returned: this.#apiKey, message: "" };
    return callHook(this.#apiKey, undefined, "the apiKey function failed");
  }

  /**
   * Adds the authentication headers.
   *
   * @param {unknown} credentials what the host's function returned, or resolved to
   * @param {Headers} headers
   */
  apply(credentials, headers) {
    if (this.#sign) {
      for (const [name, value] of signingHeaders(credentials)) setHeader(headers, name, value);
      return;
    }
    if (typeof credentials !== "string" || credentials === "") {
      throw new AuthorizeFailure("signer_failed", "apiKey must be, or return, a non-empty string");
    }
    if (/[^\x21-\x7e]/.test(credentials)) {
      throw invalidSignature("the API key contains a character that no API key has");
    }
    setHeader(headers, "authorization", `Bearer ${credentials}`);
  }
}

/**
 * @template T
 * @param {(argument: T) => unknown} hook
 * @param {T} argument
 * @param {string} message
 */
function callHook(hook, argument, message) {
  try {
    return { returned: hook(argument), message };
  } catch (cause) {
    throw new AuthorizeFailure("signer_failed", message, cause);
  }
}

/**
 * Name and value of each header that a signer returned, in any of the forms of HeadersInit.
 *
 * @param {unknown} returned
 */
function signingHeaders(returned) {
  try {
    return readHeaders(returned);
  } catch (error) {
    if (error instanceof AuthorizeFailure) throw error;
    throw new AuthorizeFailure("invalid_signature", "the headers that the signer returned can't be read", error);
  }
}

/** @param {unknown} returned */
function readHeaders(returned) {
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
    if (/[^\t\x20-\x7e]/.test(value)) throw invalidSignature(`the signer's ${lower} is not visible ASCII`);
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

/** @param {string} message */
function invalidSignature(message) {
  return new AuthorizeFailure("invalid_signature", message);
}

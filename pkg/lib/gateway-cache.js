// The same answer again: whole answers in the Cache API, for the aliases whose operator wants that.

import { MODE_RESPONSES } from "./boundary.js";
import { log } from "./gateway-log.js";

/** @import { CacheOptions } from "../gateway.d.ts" */
/** @import { RequestText, Visit } from "./gateway-visit.js" */

const NAME = "oci-genai-edge";
const PATH = "/.oci-genai-edge/answers/";
const HEADER = "oci-cache";
/** A longer answer is not kept. */
const MAX_BYTES = 1024 * 1024;
/** What of a response is kept beside its body. */
const KEPT_HEADERS = ["content-type", "oci-route"];

/** The answers of the aliases that are cached. */
export class AnswerCache {
  #options;
  #fingerprintOf;
  #hasFailed = false;

  /**
   * @param {ReadonlyMap<string, CacheOptions>} options by alias
   * @param {(alias: string) => unknown} fingerprintOf what of the configuration an answer depends on
   */
  constructor(options, fingerprintOf) {
    this.#options = options;
    this.#fingerprintOf = fingerprintOf;
  }

  /**
   * Looks a request up; undefined if it is not cached at all.
   *
   * @param {Request} request
   * @param {{ requestText: RequestText, mode: number, visit: Visit }} about
   * @returns {Promise<Found | undefined>}
   */
  async find(request, { requestText, mode, visit }) {
    if (this.#options.size === 0) return undefined;
    const { json } = requestText;
    const options = this.#options.get(json?.model);
    if (!options || (hasTools(json) && !options.tools)) return undefined;
    if (/no-cache|no-store/.test(request.headers.get("cache-control") ?? "")) return undefined;
    try {
      const { name, id } = visit.caller;
      const hash = await hashOf([name, id, mode, this.#fingerprintOf(json.model), json]);
      // A URL of the gateway's own, which shows nothing of the request.
      const url = new URL(PATH + hash, request.url).href;
      const cache = await caches.open(NAME);
      const kept = await cache.match(url);
      if (kept) return { hit: responseOf(kept, json.stream === true) };
      const { maxAgeSeconds } = options;
      const isStream = json.stream === true;
      const put = (/** @type {string} */ text, /** @type {Headers} */ headers) => {
        visit.waitUntil(this.#put(cache, url, entryOf(text, headers, maxAgeSeconds)));
      };
      return { keep: (response) => keep(response, { isStream, mode, put, visit }) };
    } catch (error) {
      // No Cache API in this runtime, or it fails: the request is answered as without it.
      this.#logOnce(error);
      return undefined;
    }
  }

  /**
   * @param {Cache} cache
   * @param {string} url
   * @param {Response} entry
   */
  async #put(cache, url, entry) {
    try {
      await cache.put(url, entry);
    } catch (error) {
      this.#logOnce(error);
    }
  }

  /** @param {unknown} error */
  #logOnce(error) {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    log("answers can't be cached here", error instanceof Error ? error.name : undefined);
  }
}

/**
 * A kept answer, or what keeps the one that follows.
 *
 * @typedef {{ hit: Response, keep?: undefined }} Hit
 * @typedef {{ keep: (response: Response) => Promise<Response>, hit?: undefined }} Miss
 * @typedef {Hit | Miss} Found
 */

/**
 * Passes a response on, and keeps it once it is known to be whole.
 *
 * @param {Response} response
 * @param {object} options
 * @param {boolean} options.isStream
 * @param {number} options.mode
 * @param {(text: string, headers: Headers) => void} options.put
 * @param {Visit} options.visit
 */
async function keep(response, { isStream, mode, put, visit }) {
  const headers = new Headers(response.headers);
  headers.set(HEADER, "miss");
  const { status } = response;
  if (status !== 200) return new Response(response.body, { status, headers });
  if (!isStream) {
    const text = await response.text();
    if (text.length <= MAX_BYTES) put(text, headers);
    return new Response(text, { status, headers });
  }
  const decoder = new TextDecoder();
  let text = "";
  let isKept = true;
  /** @type {(value?: unknown) => void} */
  let onEnd = () => {};
  // The runtime may end with the response what does not wait for it.
  visit.waitUntil(new Promise((resolve) => (onEnd = resolve)));
  /** @type {Transformer<Uint8Array, Uint8Array> & { cancel?: () => void }} */
  const collector = {
    transform: (bytes, controller) => {
      controller.enqueue(bytes);
      if (!isKept) return;
      text += decoder.decode(bytes, { stream: true });
      isKept = text.length <= MAX_BYTES;
      if (!isKept) text = "";
    },
    flush: () => {
      if (isKept && isWhole(text, mode)) put(withoutComments(text), headers);
      onEnd();
    },
    cancel: () => onEnd(),
  };
  const body = /** @type {ReadableStream<Uint8Array>} */ (response.body);
  return new Response(body.pipeThrough(new TransformStream(collector)), { status, headers });
}

/**
 * Whether a stream has come to the end of its answer. One that failed ends with an error instead.
 *
 * @param {string} text
 * @param {number} mode
 */
function isWhole(text, mode) {
  return mode === MODE_RESPONSES ? /^event: response\.completed\r?$/m.test(text) : /^data: ?\[DONE\]\s*$/m.test(text);
}

/** @param {string} text */
function withoutComments(text) {
  return text.replaceAll(/(?<=^|\n\r?\n): keep-alive\n\n/g, "");
}

/**
 * @param {string} text
 * @param {Headers} headers
 * @param {number} maxAgeSeconds
 */
function entryOf(text, headers, maxAgeSeconds) {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return new Response(text, { headers: { ...Object.fromEntries(kept), "cache-control": `max-age=${maxAgeSeconds}` } });
}

/**
 * @param {Response} entry
 * @param {boolean} isStream
 */
function responseOf(entry, isStream) {
  const headers = new Headers({ [HEADER]: "hit" });
  for (const name of KEPT_HEADERS) {
    const value = entry.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (isStream) headers.set("cache-control", "no-cache");
  return new Response(entry.body, { headers });
}

/** @param {any} request */
function hasTools({ tools, functions }) {
  return [tools, functions].some((list) => Array.isArray(list) && list.length > 0);
}

/**
 * SHA-256 of a value, in which the order of names means nothing.
 *
 * @param {unknown} value
 */
async function hashOf(value) {
  const canonical = JSON.stringify(value, (_name, member) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    const names = Object.keys(member);
    names.sort();
    return Object.fromEntries(names.map((name) => [name, member[name]]));
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

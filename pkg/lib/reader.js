// Responses and their bodies, which are the host's: any access may throw.

import { Wait } from "./wait.js";

/** @import { BodyChunk, BodyReader } from "./call.js" */

/** The headers of a response that the core reads, in the order in which it takes them. */
const RESPONSE_HEADERS = ["content-type", "opc-request-id"];

/** Headers that the core reads of a failure, besides. */
const FAILURE_HEADERS = ["retry-after", "retry-after-ms", "date"];

/** How long the end of a body may take after the answer is complete, in milliseconds. */
export const DRAIN_MS = 2000;

/**
 * Calls `fetch`: the host's own, or the runtime's, which may be replaced at any time.
 *
 * @param {typeof globalThis.fetch | undefined} fetch
 * @param {string} url
 * @param {RequestInit} init
 */
export async function send(fetch, url, init) {
  return fetch ? fetch(url, init) : globalThis.fetch(url, init);
}

/**
 * Status and headers of a response, which may be of another realm. Throws where it has none.
 *
 * @param {Response} response
 */
export function readHead(response) {
  if (typeof response !== "object" || response === null) {
    throw new TypeError("fetch resolved to something that is not a Response");
  }
  const { status, type, headers } = response;
  const isHidden = type === "opaqueredirect";
  if (!isHidden && !(status >= 100 && status < 1000)) {
    throw new TypeError("fetch resolved to a response without a status");
  }
  const isFailure = !(status >= 200 && status < 300);
  const names = isFailure ? [...RESPONSE_HEADERS, ...FAILURE_HEADERS] : RESPONSE_HEADERS;
  const values = names.map((name) => {
    const value = headers.get(name);
    return typeof value === "string" ? value : undefined;
  });
  return { status: isHidden ? 0 : status, headers: values };
}

/**
 * A reader of the body; undefined where there is no body. Throws where it can't be read.
 *
 * @param {Response} response
 * @returns {BodyReader | undefined}
 */
export function readerOf(response) {
  const { body } = response;
  const reader = body?.getReader();
  if (!reader || reader instanceof ReadableStreamDefaultReader) return reader;
  return /** @type {any} */ (new ForeignReader(reader));
}

/**
 * A reader of a host's own making, or of another realm. That a cancel ends the reads that are waited
 * for holds for the runtime's readers, and so here.
 */
class ForeignReader {
  #reader;
  /** @type {Set<Wait<BodyChunk>>} */
  #waits = new Set();

  /** @param {BodyReader} reader */
  constructor(reader) {
    this.#reader = reader;
  }

  async read() {
    const wait = new Wait(readFrom(this.#reader));
    this.#waits.add(wait);
    try {
      return await wait.result;
    } finally {
      this.#waits.delete(wait);
    }
  }

  /** @param {unknown} reason */
  cancel(reason) {
    for (const wait of this.#waits) wait.interrupt(reason);
    return this.#reader.cancel(reason);
  }
}

/**
 * Cancels the body of a response that nobody reads.
 *
 * @param {Response} response
 */
export function cancelBody(response) {
  try {
    Promise.resolve(response.body?.cancel()).catch(() => {});
  } catch {
    // Nothing of it can be read either.
  }
}

/**
 * The next chunk. A reader that throws, or returns something that is not a promise, rejects.
 *
 * @param {BodyReader} reader
 * @returns {Promise<BodyChunk>}
 */
export function readFrom(reader) {
  try {
    const chunk = reader.read();
    return chunk instanceof Promise ? chunk : Promise.resolve(chunk);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Cancels a body. One that has ended, or failed, has nothing to cancel.
 *
 * @param {BodyReader} reader
 * @param {unknown} [reason]
 */
export function cancelReader(reader, reason) {
  try {
    Promise.resolve(reader.cancel(reason)).catch(() => {});
  } catch {
    // A reader that throws is not read any more either.
  }
}

/**
 * Reads the end of a body whose answer is complete, since that makes the connection reusable. Where
 * the service keeps the connection open, or sends more, the body is cancelled.
 *
 * @param {BodyReader} reader
 */
export function drain(reader) {
  const timer = setTimeout(() => cancelReader(reader), DRAIN_MS);
  // In Node a timer keeps the process alive.
  if (typeof timer === "object") timer.unref?.();
  readFrom(reader).then(
    (rest) => {
      clearTimeout(timer);
      if (!rest?.done) cancelReader(reader);
    },
    () => clearTimeout(timer),
  );
}

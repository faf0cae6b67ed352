// The body of a request to the gateway: read up to a size, and for no longer than a time.

import { rejectOnAbort } from "./abort.js";
import { cancelReader, readFrom } from "./reader.js";

/** @import { BodyReader } from "./call.js" */

/** @typedef {{ status: number, code: string, message: string }} Refusal */

const FIRST_CAPACITY = 16 * 1024;
/** Longer timers run out at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The text of a body, or why it is refused; then it is cancelled and not read on. Rejects only with
 * the reason of the request's own signal.
 *
 * @param {Request} request
 * @param {{ maxBytes: number, timeoutMs: number }} limits
 * @returns {Promise<{ text: string, refusal?: undefined } | { refusal: Refusal }>}
 */
export async function readBody(request, { maxBytes, timeoutMs }) {
  const { body, signal } = request;
  /** @type {BodyReader | undefined} */
  let reader;
  try {
    reader = body?.getReader();
  } catch {
    return { refusal: unreadable() };
  }
  if (!reader) return { text: "" };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<{ refusal: Refusal }>} */
  const expired = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ refusal: tooSlow(timeoutMs) }), Math.min(timeoutMs, MAX_TIMER_MS));
  });
  const stop = new AbortController();
  try {
    const isTooLong = Number(request.headers.get("content-length")) > maxBytes;
    const reading = isTooLong ? { refusal: tooLarge(maxBytes) } : readAll(reader, maxBytes, stop.signal);
    const result = await Promise.race([reading, expired, rejectOnAbort(signal)]);
    if (result.refusal) cancelReader(reader, new Error(result.refusal.message));
    return result;
  } catch (error) {
    cancelReader(reader, error);
    if (signal.aborted) throw signal.reason;
    return { refusal: unreadable() };
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/**
 * @param {BodyReader} reader
 * @param {number} maxBytes
 * @param {AbortSignal} stop
 * @returns {Promise<{ text: string, refusal?: undefined } | { refusal: Refusal }>}
 */
async function readAll(reader, maxBytes, stop) {
  // One buffer, however small the pieces are in which the body arrives.
  let bytes = new Uint8Array(Math.min(FIRST_CAPACITY, maxBytes));
  let length = 0;
  while (!stop.aborted) {
    const { done, value } = await readFrom(reader);
    if (done) break;
    if (!(value instanceof Uint8Array)) return { refusal: unreadable() };
    if (length + value.length > maxBytes) return { refusal: tooLarge(maxBytes) };
    if (length + value.length > bytes.length) {
      const larger = new Uint8Array(Math.min(2 * (length + value.length), maxBytes));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(value, length);
    length += value.length;
  }
  return { text: new TextDecoder().decode(bytes.subarray(0, length)) };
}

/** @returns {Refusal} */
function unreadable() {
  return { status: 400, code: "invalid_request", message: "the body of the request can't be read" };
}

/**
 * @param {number} maxBytes
 * @returns {Refusal}
 */
function tooLarge(maxBytes) {
  const message = `the body of the request is larger than ${maxBytes} bytes`;
  return { status: 413, code: "request_too_large", message };
}

/**
 * @param {number} timeoutMs
 * @returns {Refusal}
 */
function tooSlow(timeoutMs) {
  return { status: 408, code: "request_timeout", message: `the body of the request took longer than ${timeoutMs} ms` };
}

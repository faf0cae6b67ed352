// The body of a request to the gateway: read up to a size, and for no longer than a time.

import { cancelReader, readFrom } from "./reader.js";
import { Timer, Wait } from "./wait.js";

/** @import { BodyReader } from "./call.js" */

/** @typedef {{ status: number, code: string, message: string }} Refusal */

const FIRST_CAPACITY = 16 * 1024;

/** Interrupts the wait for a body. */
const EXPIRED = Symbol("expired");

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
  const announced = Number(request.headers.get("content-length"));
  if (announced > maxBytes) return refuse(reader, tooLarge(maxBytes));
  const wait = new Wait(readAll(reader, maxBytes, announced));
  const timer = new Timer(timeoutMs, () => wait.interrupt(EXPIRED));
  const onAbort = () => wait.interrupt(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const result = await wait.result;
    return result.refusal ? refuse(reader, result.refusal) : result;
  } catch (error) {
    if (!signal.aborted) return refuse(reader, error === EXPIRED ? tooSlow(timeoutMs) : unreadable());
    cancelReader(reader, signal.reason);
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
    timer.stop();
  }
}

/**
 * @param {BodyReader} reader
 * @param {Refusal} refusal
 */
function refuse(reader, refusal) {
  cancelReader(reader, new Error(refusal.message));
  return { refusal };
}

/**
 * Ends where the body is cancelled, too.
 *
 * @param {BodyReader} reader
 * @param {number} maxBytes
 * @param {number} announced the length by the headers; 0 or NaN where they have none
 * @returns {Promise<{ text: string, refusal?: undefined } | { refusal: Refusal }>}
 */
async function readAll(reader, maxBytes, announced) {
  // One buffer, however small the pieces are in which the body arrives.
  let bytes = new Uint8Array(Math.min(announced || FIRST_CAPACITY, FIRST_CAPACITY, maxBytes));
  let length = 0;
  for (;;) {
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

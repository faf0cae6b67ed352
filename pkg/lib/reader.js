// Readers of bodies, which are the host's: whatever they do, nothing is thrown here.

/** @import { BodyChunk, BodyReader } from "./call.js" */

/** How long the end of a body may take after the answer is complete, in milliseconds. */
const DRAIN_MS = 2000;

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

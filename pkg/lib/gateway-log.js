// What the gateway logs: for its operator. Nothing of a request, an answer or a secret.

/** @import { OciError } from "./error.js" */

/**
 * Only an operator who asks for it (`isFull`) gets the words of the service and of the host, which
 * may repeat those of a request.
 *
 * @param {OciError} error
 * @param {boolean} isFull
 */
export function logError(error, isFull) {
  const { code, message, hint, status, serviceCode, opcRequestId, attempts, serviceMessage, cause } = error;
  const codes = attempts.map((attempt) => attempt.code);
  const details = { status, serviceCode, opcRequestId, attempts: codes };
  const words = isFull ? { serviceMessage, cause: cause instanceof Error ? cause.message : undefined } : {};
  log(`${code}: ${message}`, hint, JSON.stringify({ ...details, ...words }));
}

/** How long a message is not repeated that comes with every request while an engine is down. */
const REPEAT_MS = 60_000;

/**
 * When each was logged last. The messages are those of this package.
 *
 * @type {Map<string, number>}
 */
const repeated = new Map();

/**
 * Logs a message once a minute.
 *
 * @param {string} message
 * @param {string} [hint]
 */
export function logRepeated(message, hint) {
  const now = Date.now();
  const at = repeated.get(message);
  if (at !== undefined && now >= at && now - at < REPEAT_MS) return;
  repeated.set(message, now);
  log(message, hint);
}

/**
 * @param {string} message
 * @param {string} [hint]
 * @param {string} [details]
 */
export function log(message, hint, details) {
  const parts = ["oci-genai-edge gateway:", message, hint && `(${hint})`, details];
  console.error(parts.filter(Boolean).join(" "));
}

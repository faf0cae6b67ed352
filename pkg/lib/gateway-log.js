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

/**
 * @param {string} message
 * @param {string} [hint]
 * @param {string} [details]
 */
export function log(message, hint, details) {
  const parts = ["oci-genai-edge gateway:", message, hint && `(${hint})`, details];
  console.error(parts.filter(Boolean).join(" "));
}

// What the gateway's callers may know of a failure: words of its own for each code. Not what the
// service said, and nothing about the gateway's configuration.

/** @import { OciErrorCode } from "../index.js" */
/** @import { OciError } from "./error.js" */

const MISCONFIGURED = "the gateway is not configured correctly; its log has the reason";
const NOT_SIGNED = "the gateway could not sign the request; its log has the reason";

/** @type {Readonly<Record<OciErrorCode, string>>} */
const MESSAGES = Object.freeze({
  invalid_options: MISCONFIGURED,
  invalid_model: "the model can't be called",
  invalid_request: "the request is invalid",
  missing_compartment: MISCONFIGURED,
  region_mismatch: "the model is not in the region that the gateway is configured for",
  signer_failed: NOT_SIGNED,
  invalid_signature: NOT_SIGNED,
  network: "the connection to the service failed",
  redirected: MISCONFIGURED,
  timeout: "the answer took longer than the gateway allows",
  unauthorized: "the service rejected the gateway's credentials; the gateway's log has the reason",
  not_found_or_unauthorized: "the service has no such model, or the gateway may not use it",
  conflict: "the model is not ready; try again later",
  rate_limited: "the service has too many requests; try again later",
  bad_request: "the service rejected the request",
  content_filtered: "the service's content moderation blocked the request or its answer",
  wrong_api_format: MISCONFIGURED,
  service_unavailable: "the service is unavailable; try again later",
  service_error: "the service failed",
  invalid_response: "the service's answer can't be read",
  unsupported_encoding: "the service's answer is compressed, and can't be read",
  limit_exceeded: "the answer is larger than the gateway allows",
  stream_truncated: "the stream ended before the answer was complete",
  stream_error: "the service reported an error before the answer was complete",
  all_targets_failed: "every target of the model failed",
  internal: "the gateway failed",
});

/**
 * @param {OciError} error
 * @returns {{ message: string, param?: string }}
 */
export function describeForCallers({ code, message, hint, param }) {
  // These are about the caller's own request.
  const isOwn = code === "invalid_request" || code === "invalid_model";
  if (!isOwn) return { message: MESSAGES[code], param };
  return { message: hint ? `${message} (${hint})` : message, param };
}

/** The codes that the operator has to do something about: credentials, options, policies. */
const OPERATOR_CODES = new Set([
  "invalid_options",
  "missing_compartment",
  "region_mismatch",
  "signer_failed",
  "invalid_signature",
  "redirected",
  "unauthorized",
  "not_found_or_unauthorized",
  "wrong_api_format",
  "unsupported_encoding",
  "internal",
]);

/**
 * Whether the operator has to know of a failure, of the call or of one of its attempts.
 *
 * @param {OciError} error
 */
export function isForOperator({ code, attempts }) {
  return OPERATOR_CODES.has(code) || attempts.some((attempt) => OPERATOR_CODES.has(attempt.code ?? ""));
}

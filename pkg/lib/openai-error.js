// Failures as OpenAI's API reports them: error bodies, their types, and HTTP statuses.

import { CODES } from "./codes.js";

/** @import { OciError } from "./error.js" */

/**
 * OpenAI's error body.
 *
 * @typedef {{ error: { message: string, type: string, param: string | null, code: string } }} ErrorBody
 */

/**
 * What an error body says.
 *
 * @callback Describe
 * @param {OciError} error
 * @returns {{ message: string, param?: string }}
 */

/**
 * In words of this package alone: safe to show to anyone who may see the client's options.
 *
 * @type {Describe}
 */
export function describe({ message, hint, param }) {
  return { message: hint ? `${message} (${hint})` : message, param };
}

/**
 * With what the service said.
 *
 * @type {Describe}
 */
export function describeFully({ message, serviceMessage, hint, param }) {
  const full = serviceMessage === undefined ? message : `${message}: ${serviceMessage}`;
  return { message: hint ? `${full} (${hint})` : full, param };
}

/**
 * The response for a failure before the first event.
 *
 * @param {OciError} error
 * @param {Describe} describeError
 */
export function errorResponse(error, describeError) {
  /** @type {Record<string, string>} */
  const headers = {};
  Object.assign(headers, requestIdHeaders(error.opcRequestId));
  const { retryable, retryAfterMs } = error;
  if (retryAfterMs !== undefined) {
    headers["retry-after-ms"] = String(retryAfterMs);
    headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  }
  // Transient errors have been retried already. Only a wait that the service asked for, and that the
  // call did not wait, is a reason to try again.
  headers["x-should-retry"] = String(retryable && retryAfterMs !== undefined);
  return Response.json(errorBody(error, describeError), { status: statusOf(error), headers });
}

/**
 * The id of the service's answer: as OpenAI's clients look for it, and as this one does where it
 * calls a gateway.
 *
 * @param {string | undefined} id
 * @returns {Record<string, string>}
 */
export function requestIdHeaders(id) {
  return id ? { "x-request-id": id, "opc-request-id": id } : {};
}

/**
 * The event for a failure after the first event, when it's too late for a status. OpenAI's clients
 * throw it as an error, unless the dialect has events of its own for it.
 *
 * @param {OciError} error
 * @param {Describe} describeError
 * @param {string} [events] of the dialect, in which the last `null` stands for the error
 */
export function errorEvent(error, describeError, events) {
  const body = errorBody(error, describeError);
  if (events === undefined) return `data: ${JSON.stringify(body)}\n\n`;
  const at = events.lastIndexOf("null");
  return events.slice(0, at) + JSON.stringify(body.error) + events.slice(at + "null".length);
}

/**
 * The response to a request that is rejected before it becomes a call.
 *
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {{ type?: string, headers?: Record<string, string> }} [options]
 */
export function rejection(status, code, message, { type = "invalid_request_error", headers } = {}) {
  /** @type {ErrorBody} */
  const body = { error: { message, type, param: null, code } };
  return Response.json(body, { status, headers: { ...headers, "x-should-retry": "false" } });
}

/**
 * @param {OciError} error
 * @param {Describe} describeError
 * @returns {ErrorBody}
 */
function errorBody(error, describeError) {
  const { message, param = null } = describeError(error);
  return { error: { message, type: CODES[error.code].type, param, code: error.code } };
}

/** @param {OciError} error */
function statusOf({ code, status = 0 }) {
  // These codes stand for several of the service's 4xx, and its own status is the more exact one.
  const isExact = (code === "bad_request" || code === "content_filtered") && status >= 400 && status < 500;
  return isExact ? status : CODES[code].status;
}

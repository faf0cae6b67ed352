// The errors of the service: one function for each recorded or documented body. `reason` goes to
// the record of the request, and never to the client.

/** @import { ErrorResponse } from "./types.d.ts" */

/** @param {string} reason */
export function badFormat(reason) {
  return serviceError(400, "400", "Please pass in correct format of request.", reason);
}

/** @param {string} reason */
export function wrongApiFormat(reason) {
  return serviceError(400, "400", "Chat request type does not match serving model", reason);
}

/** @param {string} reason */
export function notAuthenticated(reason) {
  return serviceError(
    401,
    "NotAuthenticated",
    "The required information to complete authentication was not provided or was incorrect.",
    reason,
  );
}

/** @param {string} reason */
export function notFound(reason) {
  return serviceError(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.", reason);
}

/** @param {string} message */
export function badRequest(message) {
  return serviceError(400, "400", message);
}

/** @param {string} reason */
export function internalError(reason) {
  return serviceError(500, "500", "Internal Server Error", reason);
}

/**
 * An error of OpenAI as JSON text inside of OCI's, which is how the service passes it on.
 *
 * @param {{ message: string }} error
 */
export function doubleEncoded(error) {
  return serviceError(400, "400", JSON.stringify({ error }, null, 2), error.message);
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {string} [reason]
 * @returns {ErrorResponse}
 */
export function serviceError(status, code, message, reason = message) {
  return { status, body: { code, message }, reason };
}

/**
 * An error of the OpenAI-compatible API.
 *
 * @param {number} status
 * @param {string} message
 * @param {{ type?: string, param?: string | null, code?: string | null }} [fields]
 * @returns {ErrorResponse}
 */
export function openaiError(status, message, { type = "invalid_request_error", param = null, code = null } = {}) {
  return { status, body: { error: { message, type, param, code } }, reason: message };
}

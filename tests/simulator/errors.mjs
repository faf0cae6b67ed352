// The refusals of the service: one function per recorded or documented body.

export function badFormat(reason) {
  return refusal(400, "400", "Please pass in correct format of request.", reason);
}

export function wrongApiFormat(reason) {
  return refusal(400, "400", "Chat request type does not match serving model", reason);
}

export function notAuthenticated(reason) {
  return refusal(
    401,
    "NotAuthenticated",
    "The required information to complete authentication was not provided or was incorrect.",
    reason,
  );
}

export function notFound(reason) {
  return refusal(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.", reason);
}

export function badRequest(message, reason = message) {
  return refusal(400, "400", message, reason);
}

export function internalError(reason) {
  return refusal(500, "500", "Internal Server Error", reason);
}

/** OpenAI's own error, printed as text inside OCI's: that is how the service passes it on. */
export function doubleEncoded(error) {
  return refusal(400, "400", JSON.stringify({ error }, null, 2), error.message);
}

export function refusal(status, code, message, reason = message) {
  return { status, body: { code, message }, reason };
}

/** An error of the OpenAI-compatible surface. */
export function openaiRefusal(status, message, { type = "invalid_request_error", param = null, code = null } = {}) {
  return { status, body: { error: { message, type, param, code } }, reason: message };
}

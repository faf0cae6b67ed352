// What the native API checks of every request, whatever its action.

import { badFormat, notAuthenticated, serviceError } from "./errors.mjs";
import { signatureProblem } from "./signature.mjs";

/** @import { Context, ErrorResponse, IncomingRequest, RequestRecord, ScenarioError, Serving } from "./types.d.ts" */

/**
 * Why a request is refused before its body is validated.
 *
 * @param {IncomingRequest} request
 * @param {RequestRecord} record
 * @param {Context} context
 * @returns {ErrorResponse | undefined}
 */
export function refusalOf(request, record, { options, state }) {
  if (options.verify) {
    const problem = signatureProblem(request, options.credentials, options.now());
    if (problem) return notAuthenticated(problem);
  }
  if (isReusedToken(request, state)) {
    return serviceError(409, "InvalidatedRetryToken", "The retry token is that of another request.");
  }
  return record.body === undefined ? badFormat("the body is not JSON") : undefined;
}

/**
 * Whether the request has the retry token of another one.
 *
 * @param {IncomingRequest} request
 * @param {Context["state"]} state
 */
function isReusedToken({ headers, rawBody }, { retryTokens }) {
  const token = headers["opc-retry-token"];
  if (token === undefined) return false;
  const known = retryTokens.get(token);
  retryTokens.set(token, rawBody);
  return known !== undefined && !known.equals(rawBody);
}

/**
 * The error of an endpoint that fails.
 *
 * @param {Serving} serving
 * @param {Context["state"]} state
 */
export function endpointError({ name = "", scenario }, state) {
  if (scenario.always) return errorOf(scenario.always);
  if (!scenario.once || state.served.has(name)) return undefined;
  state.served.add(name);
  return errorOf(scenario.once);
}

/**
 * @param {ScenarioError} error
 * @returns {ErrorResponse}
 */
function errorOf({ status, code = "", message = "", html, headers }) {
  if (html) return { status, body: html, reason: `${status} from the gateway`, headers };
  return { ...serviceError(status, code, message), headers };
}

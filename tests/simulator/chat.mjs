// POST /20231130/actions/chat

import { answersTo } from "./answers.mjs";
import { deliver, streamError } from "./delivery.mjs";
import { badFormat, notAuthenticated, notFound, serviceError } from "./errors.mjs";
import { modelRuleError } from "./model-rules.mjs";
import { promptOf } from "./prompt.mjs";
import { chatDetailsProblem } from "./schema.mjs";
import { resolve } from "./serving.mjs";
import { signatureProblem } from "./signature.mjs";
import { cohereBody, cohereEvents } from "./wire-cohere.mjs";
import { cohereV2Body, cohereV2Events } from "./wire-cohere-v2.mjs";
import { genericBody, genericEvents } from "./wire-generic.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { ApiFormat, Context, ErrorResponse, IncomingRequest, Json, RequestRecord } from "./types.d.ts" */
/** @import { Result, ScenarioError, Serving } from "./types.d.ts" */

/**
 * Answers one request.
 *
 * @param {IncomingRequest} request
 * @param {Reply} reply
 * @param {RequestRecord} record
 * @param {Context} context
 */
export async function chat(request, reply, record, { options, state }) {
  if (options.verify) {
    const problem = signatureProblem(request, options.credentials);
    if (problem) return reply.reject(notAuthenticated(problem));
  }

  if (isReusedToken(request, state)) {
    return reply.reject(serviceError(409, "InvalidatedRetryToken", "The retry token is that of another request."));
  }

  const { body } = record;
  if (body === undefined) return reply.reject(badFormat("the body is not JSON"));
  // Recorded before they are validated: tests look at rejected requests most often.
  record.servingMode = body?.servingMode;
  record.apiFormat = body?.chatRequest?.apiFormat;
  const problem = chatDetailsProblem(body);
  if (problem) return reply.reject(badFormat(problem));

  const serving = resolve(body.servingMode);
  if ("error" in serving) return reply.reject(serving.error);
  if (body.compartmentId !== options.compartmentId) return reply.reject(notFound("another compartment"));

  const { scenario } = serving;
  const error = endpointError(serving, state) ?? modelRuleError(body.chatRequest, serving);
  if (error) return reply.reject(error);
  const isStream = body.chatRequest.isStream === true;
  const unstreamable = isStream && streamError(scenario);
  if (unstreamable) return reply.reject(unstreamable);

  const wire = WIRES[/** @type {ApiFormat} */ (body.chatRequest.apiFormat)];
  const result = resultOf(body.chatRequest, serving);
  if (!isStream) {
    if (scenario.delay) await reply.pause(scenario.delay);
    return reply.send(200, wire.body(result));
  }
  return deliver(reply, { payloads: wire.events(result), body: wire.body(result) }, scenario);
}

/** @type {Record<ApiFormat, { body(result: Result): object, events(result: Result): string[] }>} */
const WIRES = {
  GENERIC: { body: genericBody, events: genericEvents },
  COHERE: { body: cohereBody, events: cohereEvents },
  COHEREV2: { body: cohereV2Body, events: cohereV2Events },
};

/**
 * @param {Json} request
 * @param {Serving} serving
 * @returns {Result}
 */
function resultOf(request, serving) {
  const prompt = promptOf(request);
  return {
    serving,
    request,
    prompt,
    answers: answersTo(prompt),
    created: new Date(),
    includeUsage: request.streamOptions?.isIncludeUsage === true,
  };
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
 * @param {Serving} serving
 * @param {Context["state"]} state
 */
function endpointError({ name = "", scenario }, state) {
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

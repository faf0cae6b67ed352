// POST /20231130/actions/chat

import { endpointError, refusalOf } from "./admission.mjs";
import { answersTo } from "./answers.mjs";
import { deliver, streamError } from "./delivery.mjs";
import { badFormat, notFound } from "./errors.mjs";
import { modelRuleError } from "./model-rules.mjs";
import { promptOf } from "./prompt.mjs";
import { chatDetailsProblem } from "./schema.mjs";
import { resolve } from "./serving.mjs";
import { cohereBody, cohereEvents } from "./wire-cohere.mjs";
import { cohereV2Body, cohereV2Events } from "./wire-cohere-v2.mjs";
import { genericBody, genericEvents } from "./wire-generic.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { ApiFormat, Context, IncomingRequest, Json, RequestRecord, Result, Serving } from "./types.d.ts" */

/**
 * Answers one request.
 *
 * @param {IncomingRequest} request
 * @param {Reply} reply
 * @param {RequestRecord} record
 * @param {Context} context
 */
export async function chat(request, reply, record, { options, state }) {
  const refusal = refusalOf(request, record, { options, state });
  if (refusal) return reply.reject(refusal);

  const { body } = record;
  // Recorded before they are validated: tests look at rejected requests most often.
  record.servingMode = body?.servingMode;
  record.apiFormat = body?.chatRequest?.apiFormat;
  const problem = chatDetailsProblem(body);
  if (problem) return reply.reject(badFormat(problem));

  const serving = resolve(body.servingMode);
  if ("error" in serving) return reply.reject(serving.error);
  if (body.compartmentId !== options.compartmentId) return reply.reject(notFound("another compartment"));
  if (!options.policies.includes("chat")) return reply.reject(notFound("no policy allows it"));

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

// POST /openai/v1/chat/completions

import { answersTo } from "./answers.mjs";
import { deliver } from "./delivery.mjs";
import { openaiError } from "./errors.mjs";
import { MAX_TOKENS_ERROR, wantsMaxCompletionTokens } from "./model-rules.mjs";
import { promptOfOpenai } from "./prompt.mjs";
import { chatCompletionProblem } from "./schema-openai.mjs";
import { resolve } from "./serving.mjs";
import { signatureProblem } from "./signature.mjs";
import { openaiBody, openaiEvents } from "./wire-openai.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { Context, IncomingRequest, Json, OpenaiResult, RequestRecord } from "./types.d.ts" */

/**
 * Answers one request.
 *
 * @param {IncomingRequest} request
 * @param {Reply} reply
 * @param {RequestRecord} record
 * @param {Context} context
 */
export async function chatCompletions(request, reply, record, { options }) {
  const unauthenticated = options.verify && authenticationError(request, options);
  if (unauthenticated) return reply.reject(unauthenticated);

  const { body } = record;
  if (body === undefined) return reply.reject(openaiError(400, "The body is not JSON."));
  const problem = chatCompletionProblem(body);
  if (problem) return reply.reject(openaiError(400, `Invalid request: ${problem}.`));

  const error = modelError(body, options);
  if (error) return reply.reject(error);

  const prompt = promptOfOpenai(body);
  /** @type {OpenaiResult} */
  const result = {
    model: body.model,
    prompt,
    answers: answersTo(prompt),
    created: new Date(),
    includeUsage: body.stream_options?.include_usage === true,
  };
  if (body.stream !== true) return reply.send(200, openaiBody(result));
  return deliver(reply, { payloads: openaiEvents(result) });
}

/**
 * @param {IncomingRequest} request
 * @param {Context["options"]} options
 */
function authenticationError(request, { apiKeys, credentials, compartmentId, now }) {
  const { headers } = request;
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (bearer) {
    return apiKeys.includes(bearer) ? undefined : openaiError(401, "Incorrect API key provided.", AUTHENTICATION);
  }
  const problem = signatureProblem(request, credentials, now());
  if (problem) return openaiError(401, `Not authenticated: ${problem}.`, AUTHENTICATION);
  const compartment = headers["opc-compartment-id"];
  if (compartment === undefined) return openaiError(400, "The header opc-compartment-id is missing.");
  return compartment === compartmentId ? undefined : notServed();
}

const AUTHENTICATION = { type: "authentication_error", code: "invalid_api_key" };

/**
 * @param {Json} body
 * @param {Context["options"]} options
 */
function modelError(body, { openaiServesEndpoints }) {
  const { model } = body;
  if (model.startsWith("cohere.")) return unsupported();
  if (model.startsWith("ocid1.generativeaiendpoint.")) {
    if (!openaiServesEndpoints) {
      return openaiError(400, "Dedicated endpoints are not served here.", { param: "model" });
    }
    const serving = resolve({ servingType: "DEDICATED", endpointId: model });
    if ("error" in serving) return notServed();
    return serving.formats.includes("GENERIC") ? undefined : unsupported();
  }
  if ("error" in resolve({ servingType: "ON_DEMAND", modelId: model })) return notServed();
  if (wantsMaxCompletionTokens(model) && body.max_tokens !== undefined) {
    return openaiError(400, MAX_TOKENS_ERROR.message, MAX_TOKENS_ERROR);
  }
  return undefined;
}

function unsupported() {
  return openaiError(400, "Unsupported OpenAI operation");
}

function notServed() {
  return openaiError(404, "Authorization failed or requested resource not found.", { code: "404" });
}

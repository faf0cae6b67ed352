// POST /openai/v1/chat/completions

import { answerTo } from "./answers.mjs";
import { deliver } from "./delivery.mjs";
import { openaiRefusal } from "./errors.mjs";
import { promptOfOpenai } from "./prompt.mjs";
import { MAX_TOKENS_REFUSED, wantsMaxCompletionTokens } from "./model-rules.mjs";
import { chatCompletionProblem } from "./schema-openai.mjs";
import { resolve } from "./serving.mjs";
import { signatureProblem } from "./signature.mjs";
import { openaiBody, openaiEvents } from "./wire-openai.mjs";

/** Answers one request. */
export async function chatCompletions(request, reply, record, { options }) {
  const unauthenticated = options.verify && authenticationRefusal(request, options);
  if (unauthenticated) return reply.refuse(unauthenticated);

  const { body } = record;
  if (body === undefined) return reply.refuse(openaiRefusal(400, "The body is not JSON."));
  const problem = chatCompletionProblem(body);
  if (problem) return reply.refuse(openaiRefusal(400, `Invalid request: ${problem}.`));

  const refused = modelRefusal(body);
  if (refused) return reply.refuse(refused);

  const prompt = promptOfOpenai(body);
  const answer = {
    model: body.model,
    prompt,
    answers: Array.from({ length: prompt.choices }, (_, choice) => answerTo(prompt, choice)),
    created: new Date(),
    includeUsage: body.stream_options?.include_usage === true,
  };
  if (body.stream !== true) return reply.send(200, openaiBody(answer));
  return deliver(reply, { payloads: openaiEvents(answer) });
}

function authenticationRefusal(request, { apiKeys, credentials, compartmentId }) {
  const { headers } = request;
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "");
  if (bearer) {
    return apiKeys.includes(bearer[1]) ? undefined : openaiRefusal(401, "Incorrect API key provided.", AUTHENTICATION);
  }
  const problem = signatureProblem(request, credentials);
  if (problem) return openaiRefusal(401, `Not authenticated: ${problem}.`, AUTHENTICATION);
  const compartment = headers["opc-compartment-id"];
  if (compartment === undefined) return openaiRefusal(400, "The header opc-compartment-id is missing.");
  return compartment === compartmentId ? undefined : notServed();
}

const AUTHENTICATION = { type: "authentication_error", code: "invalid_api_key" };

function modelRefusal(body) {
  const { model } = body;
  if (model.startsWith("cohere.")) return openaiRefusal(400, "Unsupported OpenAI operation");
  if (model.startsWith("ocid1.generativeaiendpoint.")) {
    return openaiRefusal(400, "Dedicated endpoints are not served here.", { param: "model" });
  }
  if (resolve({ servingType: "ON_DEMAND", modelId: model }).refused) return notServed();
  if (wantsMaxCompletionTokens(model) && body.max_tokens !== undefined) {
    return openaiRefusal(400, MAX_TOKENS_REFUSED.message, MAX_TOKENS_REFUSED);
  }
  return undefined;
}

function notServed() {
  return openaiRefusal(404, "Authorization failed or requested resource not found.", { code: "404" });
}

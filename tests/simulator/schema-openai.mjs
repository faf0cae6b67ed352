// The chat completion requests of the OpenAI-compatible API. Whether the service rejects unknown
// keys was not recorded. OpenAI does, and so does this.

import { any, boolean, integer, listOf, model, nullable, number, oneOf, required, string, union } from "./shapes.mjs";

/** @import { Shape } from "./shapes.mjs" */

/**
 * Why a body is not a chat completion request, or undefined when it is one.
 *
 * @param {any} body
 */
export function chatCompletionProblem(body) {
  const problem = request(body, "body");
  if (problem) return problem;
  return body.messages.length === 0 ? "body.messages is empty" : undefined;
}

const mediaUrl = model({ url: required(string), detail: oneOf("auto", "low", "high") });

const part = union("type", {
  text: { text: required(string) },
  image_url: { image_url: required(mediaUrl) },
  input_audio: { input_audio: any },
  file: { file: any },
  refusal: { refusal: string },
});

const content = either(string, listOf(part));

const toolCall = model({
  id: required(string),
  type: required(oneOf("function")),
  function: required(model({ name: required(string), arguments: required(string) })),
});

const message = union("role", {
  system: { content: required(content), name: string },
  developer: { content: required(content), name: string },
  user: { content: required(content), name: string },
  assistant: { content: nullable(content), name: string, refusal: nullable(string), tool_calls: listOf(toolCall) },
  tool: { content: required(content), tool_call_id: required(string) },
});

const tool = model({
  type: required(oneOf("function")),
  function: required(
    model({ name: required(string), description: string, parameters: any, strict: nullable(boolean) }),
  ),
});

const toolChoice = either(
  oneOf("auto", "none", "required"),
  model({ type: required(oneOf("function")), function: required(model({ name: required(string) })) }),
);

const request = model({
  model: required(string),
  messages: required(listOf(message)),
  stream: nullable(boolean),
  stream_options: nullable(model({ include_usage: boolean, include_obfuscation: boolean })),
  max_tokens: nullable(integer),
  max_completion_tokens: nullable(integer),
  temperature: nullable(number),
  top_p: nullable(number),
  frequency_penalty: nullable(number),
  presence_penalty: nullable(number),
  n: nullable(integer),
  seed: nullable(integer),
  stop: nullable(either(string, listOf(string))),
  logprobs: nullable(boolean),
  top_logprobs: nullable(integer),
  logit_bias: any,
  metadata: any,
  modalities: any,
  parallel_tool_calls: boolean,
  prediction: any,
  reasoning_effort: nullable(string),
  response_format: model({ type: required(oneOf("text", "json_object", "json_schema")), json_schema: any }),
  service_tier: nullable(string),
  store: nullable(boolean),
  tool_choice: toolChoice,
  tools: listOf(tool),
  user: string,
  verbosity: nullable(string),
  web_search_options: any,
});

/**
 * @param {Shape} one
 * @param {Shape} other
 * @returns {Shape}
 */
function either(one, other) {
  return (value, path) => (one(value, path) === undefined ? undefined : other(value, path));
}

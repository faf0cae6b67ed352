// What the service refuses although every field has the right type.

import { badRequest, badFormat, doubleEncoded, internalError, wrongApiFormat } from "./errors.mjs";

/** The refusal of a well-typed chatRequest by this model, or undefined. */
export function ruleBroken(chatRequest, serving) {
  if (!serving.formats.includes(chatRequest.apiFormat)) {
    return wrongApiFormat(`${chatRequest.apiFormat} sent to a model that takes ${serving.formats.join(", ")}`);
  }
  return BY_FORMAT[chatRequest.apiFormat](chatRequest, serving);
}

/** Whether the model belongs to OpenAI's hosted family, which renamed maxTokens. */
export function wantsMaxCompletionTokens(modelId) {
  return modelId.startsWith("openai.") && !modelId.startsWith("openai.gpt-oss");
}

export const MAX_TOKENS_REFUSED = {
  message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  type: "invalid_request_error",
  param: "max_tokens",
  code: "unsupported_parameter",
};

const BY_FORMAT = { GENERIC: generic, COHERE: cohere, COHEREV2: cohereV2 };

function generic(request, { modelId, dialect }) {
  if (!request.messages?.length) return badFormat("messages is empty");
  if (wantsMaxCompletionTokens(modelId) && request.maxTokens !== undefined) return doubleEncoded(MAX_TOKENS_REFUSED);
  for (const [index, message] of request.messages.entries()) {
    if (message.role === "TOOL" && !message.toolCallId) return badFormat(`messages[${index}] has no toolCallId`);
    if (message.role === "ASSISTANT" && message.content?.some((part) => part.type === "TEXT" && !part.text)) {
      return internalError(`messages[${index}] is an assistant's with an empty TEXT part`);
    }
  }
  return toolsBroken(request) ?? (dialect === "gemini" ? unpairedResult(request.messages) : undefined);
}

function toolsBroken({ tools = [], toolChoice }) {
  if (tools.length > 128) return badFormat("more than 128 tools");
  const misnamed = tools.find((tool) => !/^[A-Za-z0-9_-]{1,64}$/.test(tool.name ?? ""));
  if (misnamed) return badFormat(`the tool name ${JSON.stringify(misnamed.name)} is not allowed`);
  if (toolChoice?.type === "FUNCTION" && !tools.some((tool) => tool.name === toolChoice.name)) {
    return badFormat("toolChoice names a tool that was not sent");
  }
  return undefined;
}

function unpairedResult(messages) {
  const called = new Set(messages.flatMap((message) => message.toolCalls ?? []).map((call) => call.id));
  const stray = messages.find((message) => message.role === "TOOL" && !called.has(message.toolCallId));
  return stray && badRequest("Function response parts must match the function call parts of the previous turn.");
}

function cohere(request) {
  const hasMessage = request.message !== "";
  const hasResults = (request.toolResults ?? []).length > 0;
  if (!hasMessage && !hasResults) {
    return badRequest("invalid request: message must be at least 1 token long or tool results must be specified.");
  }
  if (hasMessage && hasResults && !request.isForceSingleStep) {
    return badRequest("invalid request: cannot specify both message and tool_results in multistep mode.");
  }
  return undefined;
}

function cohereV2(request) {
  if (request.messages.length === 0) return badFormat("messages is empty");
  if (request.toolsChoice === "REQUIRED" && !request.tools?.length) return badFormat("toolsChoice without tools");
  return undefined;
}

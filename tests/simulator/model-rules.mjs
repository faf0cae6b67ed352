// Well-typed requests that the service rejects.

import { badFormat, badRequest, doubleEncoded, internalError, wrongApiFormat } from "./errors.mjs";

/** @import { ApiFormat, ErrorResponse, Json, Serving } from "./types.d.ts" */

/**
 * The error of a valid chatRequest that this model does not accept.
 *
 * @param {Json} chatRequest
 * @param {Serving} serving
 */
export function modelRuleError(chatRequest, serving) {
  /** @type {ApiFormat} */
  const format = chatRequest.apiFormat;
  if (!serving.formats.includes(format)) {
    return wrongApiFormat(`${format} sent to a model that accepts ${serving.formats.join(", ")}`);
  }
  return RULES[format](chatRequest, serving);
}

/**
 * Whether the model belongs to OpenAI's hosted family, which renamed maxTokens.
 *
 * @param {string} modelId
 */
export function wantsMaxCompletionTokens(modelId) {
  return modelId.startsWith("openai.") && !modelId.startsWith("openai.gpt-oss");
}

export const MAX_TOKENS_ERROR = {
  message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  type: "invalid_request_error",
  param: "max_tokens",
  code: "unsupported_parameter",
};

/** @type {Record<ApiFormat, (request: Json, serving: Serving) => ErrorResponse | undefined>} */
const RULES = {
  GENERIC(request, { modelId, backend }) {
    if (!request.messages?.length) return badFormat("messages is empty");
    if (wantsMaxCompletionTokens(modelId) && request.maxTokens !== undefined) return doubleEncoded(MAX_TOKENS_ERROR);
    for (const [index, message] of request.messages.entries()) {
      if (message.role === "TOOL" && !message.toolCallId) return badFormat(`messages[${index}] has no toolCallId`);
      const isEmptyText = (/** @type {Json} */ part) => part.type === "TEXT" && !part.text;
      if (message.role === "ASSISTANT" && message.content?.some(isEmptyText)) {
        return internalError(`messages[${index}] is an assistant's with an empty TEXT part`);
      }
    }
    return toolsError(request) ?? (backend === "gemini" ? unpairedResultError(request.messages) : undefined);
  },

  COHERE(request) {
    const hasMessage = request.message !== "";
    const hasResults = (request.toolResults ?? []).length > 0;
    if (!hasMessage && !hasResults) {
      return badRequest("invalid request: message must be at least 1 token long or tool results must be specified.");
    }
    if (hasMessage && hasResults && !request.isForceSingleStep) {
      return badRequest("invalid request: cannot specify both message and tool_results in multistep mode.");
    }
    return undefined;
  },

  COHEREV2(request) {
    if (request.messages.length === 0) return badFormat("messages is empty");
    if (request.toolsChoice === "REQUIRED" && !request.tools?.length) return badFormat("toolsChoice without tools");
    return undefined;
  },
};

/** @param {Json} request */
function toolsError({ tools = [], toolChoice }) {
  if (tools.length > 128) return badFormat("more than 128 tools");
  const misnamed = tools.find((/** @type {Json} */ tool) => !/^[A-Za-z0-9_-]{1,64}$/.test(tool.name ?? ""));
  if (misnamed) return badFormat(`the tool name ${JSON.stringify(misnamed.name)} is not allowed`);
  const isChosen = (/** @type {Json} */ tool) => tool.name === toolChoice.name;
  if (toolChoice?.type === "FUNCTION" && !tools.some(isChosen)) {
    return badFormat("toolChoice names a tool that was not sent");
  }
  return undefined;
}

/** @param {Json[]} messages */
function unpairedResultError(messages) {
  const called = new Set(messages.flatMap((message) => message.toolCalls ?? []).map((call) => call.id));
  const isUnpaired = messages.some((message) => message.role === "TOOL" && !called.has(message.toolCallId));
  if (!isUnpaired) return undefined;
  return badRequest("Function response parts must match the function call parts of the previous turn.");
}

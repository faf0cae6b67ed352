// What a model reads of a request, in any format.

import { schemaOfDefinitions } from "./samples.mjs";

/** @import { ApiFormat, Json, Prompt } from "./types.d.ts" */

/** @typedef {{ role: string, text: string, images: number }} Turn */

// The service's limit for Cohere when none is sent.
const COHERE_DEFAULT_LIMIT = 20;

/**
 * The prompt of a chatRequest.
 *
 * @param {Json} chatRequest
 * @returns {Prompt}
 */
export function promptOf(chatRequest) {
  const read = READERS[/** @type {ApiFormat} */ (chatRequest.apiFormat)];
  return { seed: JSON.stringify(chatRequest), ...read(chatRequest) };
}

/**
 * The prompt of an OpenAI chat completion.
 *
 * @param {Json} body
 * @returns {Prompt}
 */
export function promptOfOpenai(body) {
  const turns = body.messages.map((/** @type {Json} */ message) => ({
    role: message.role.toUpperCase(),
    text: typeof message.content === "string" ? message.content : textOf(message.content ?? [], "text"),
    images: Array.isArray(message.content) ? countOf(message.content, ["image_url"]) : 0,
  }));
  const named = body.tool_choice?.function?.name;
  return {
    seed: JSON.stringify(body),
    ...readTurns(turns),
    tools: toolsOf(body.tools, (tool) => [tool.function.name, tool.function.parameters]),
    choice: named ? { name: named } : (body.tool_choice ?? "auto"),
    parallel: body.parallel_tool_calls ?? true,
    reasoning: false,
    limit: body.max_completion_tokens ?? body.max_tokens,
    stops: [body.stop ?? []].flat(),
    json: jsonOf(body.response_format?.type, body.response_format?.json_schema?.schema),
    choices: body.n ?? 1,
  };
}

/** @type {Record<ApiFormat, (request: Json) => Omit<Prompt, "seed">>} */
const READERS = {
  GENERIC(request) {
    const { toolChoice } = request;
    return {
      ...readTurns(request.messages.map(turnOf)),
      tools: toolsOf(request.tools, (tool) => [tool.name, tool.parameters]),
      choice: toolChoice?.type === "FUNCTION" ? { name: toolChoice.name } : (toolChoice?.type ?? "AUTO").toLowerCase(),
      parallel: request.isParallelToolCalls ?? true,
      reasoning: (request.reasoningEffort ?? "NONE") !== "NONE",
      limit: request.maxCompletionTokens ?? request.maxTokens,
      stops: request.stop ?? [],
      json: jsonOf(request.responseFormat?.type, request.responseFormat?.jsonSchema?.schema),
      choices: Math.max(1, request.numGenerations ?? 1),
    };
  },

  COHEREV2(request) {
    return {
      ...readTurns(request.messages.map(turnOf)),
      tools: toolsOf(request.tools, (tool) => [tool.function.name, tool.function.parameters]),
      choice: (request.toolsChoice ?? "AUTO").toLowerCase(),
      parallel: true,
      reasoning: request.thinking?.type === "ENABLED",
      reasoningLimit: request.thinking?.tokenBudget,
      limit: request.maxTokens ?? COHERE_DEFAULT_LIMIT,
      stops: request.stopSequences ?? [],
      json: jsonOf(request.responseFormat?.type, request.responseFormat?.schema),
      choices: 1,
    };
  },

  COHERE(request) {
    /** @type {Json[]} */
    const history = request.chatHistory ?? [];
    /** @type {Json[]} */
    const results = request.toolResults ?? [];
    const questions = history.filter((turn) => turn.role === "USER").map((turn) => turn.message);
    return {
      texts: [request.preambleOverride ?? "", ...history.map((turn) => turn.message ?? ""), request.message],
      question: request.message || (questions.at(-1) ?? ""),
      results: results.length > 0 ? results.map((result) => JSON.stringify(result.outputs)) : undefined,
      images: 0,
      tools: toolsOf(request.tools, (tool) => [tool.name, schemaOfDefinitions(tool.parameterDefinitions)]),
      choice: "auto",
      parallel: true,
      reasoning: false,
      limit: request.maxTokens ?? COHERE_DEFAULT_LIMIT,
      stops: request.stopSequences ?? [],
      json: jsonOf(request.responseFormat?.type, request.responseFormat?.schema),
      choices: 1,
    };
  },
};

/**
 * @param {Json[] | undefined} tools
 * @param {(tool: Json) => [string, Json]} read
 */
function toolsOf(tools, read) {
  return (tools ?? []).map((tool) => {
    const [name, schema] = read(tool);
    return { name, schema };
  });
}

/**
 * @param {Json} message
 * @returns {Turn}
 */
function turnOf(message) {
  const content = message.content ?? [];
  return { role: message.role, text: textOf(content, "TEXT"), images: countOf(content, ["IMAGE", "IMAGE_URL"]) };
}

/** @param {Turn[]} turns */
function readTurns(turns) {
  const lastWithoutResult = turns.findLastIndex((turn) => turn.role !== "TOOL");
  const results = turns.slice(lastWithoutResult + 1).map((turn) => turn.text);
  const question = turns.findLast((turn) => turn.role === "USER");
  return {
    texts: turns.map((turn) => turn.text),
    question: question?.text ?? "",
    images: question?.images ?? 0,
    results: results.length > 0 ? results : undefined,
  };
}

/**
 * @param {Json[]} parts
 * @param {string} type
 */
function textOf(parts, type) {
  return parts
    .filter((part) => part.type === type)
    .map((part) => part.text ?? "")
    .join("\n");
}

/**
 * @param {Json[]} parts
 * @param {string[]} types
 */
function countOf(parts, types) {
  return parts.filter((part) => types.includes(part.type)).length;
}

/**
 * @param {string | undefined} type
 * @param {Json} schema
 */
function jsonOf(type, schema) {
  return (type ?? "TEXT").toUpperCase() === "TEXT" ? undefined : { schema };
}

// What a model gets to see of a request, whichever format it came in.

import { schemaOfDefinitions } from "./samples.mjs";

// What the service assumes for Cohere when no limit is sent.
const COHERE_DEFAULT_LIMIT = 20;

/**
 * { texts, question, results, images, tools: [{name, schema}], choice: "auto"|"none"|"required"|{name},
 *   parallel, reasoning, reasoningLimit, limit, stops, json, choices, seed }
 * `results` is undefined unless the last turn is a tool's.
 */
export function promptOf(chatRequest) {
  return { seed: JSON.stringify(chatRequest), parallel: true, ...READERS[chatRequest.apiFormat](chatRequest) };
}

/** The prompt of an OpenAI chat completion. */
export function promptOfOpenai(body) {
  const turns = body.messages.map((message) => ({
    role: message.role.toUpperCase(),
    text: typeof message.content === "string" ? message.content : textOf(message.content ?? [], "text"),
    images: Array.isArray(message.content) ? message.content.filter((part) => part.type === "image_url").length : 0,
  }));
  const named = body.tool_choice?.function?.name;
  return {
    seed: JSON.stringify(body),
    ...readTurns(turns),
    tools: (body.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
    choice: named ? { name: named } : (body.tool_choice ?? "auto"),
    parallel: body.parallel_tool_calls ?? true,
    reasoning: false,
    limit: body.max_completion_tokens ?? body.max_tokens,
    stops: [body.stop ?? []].flat(),
    json: jsonOf(body.response_format?.type, body.response_format?.json_schema?.schema),
    choices: body.n ?? 1,
  };
}

const READERS = { GENERIC: generic, COHERE: cohere, COHEREV2: cohereV2 };

function generic(request) {
  const { toolChoice } = request;
  return {
    ...readTurns(request.messages.map(turnOf)),
    tools: (request.tools ?? []).map((tool) => ({ name: tool.name, schema: tool.parameters })),
    choice: toolChoice?.type === "FUNCTION" ? { name: toolChoice.name } : (toolChoice?.type ?? "AUTO").toLowerCase(),
    parallel: request.isParallelToolCalls ?? true,
    reasoning: (request.reasoningEffort ?? "NONE") !== "NONE",
    limit: request.maxCompletionTokens ?? request.maxTokens,
    stops: request.stop ?? [],
    json: jsonOf(request.responseFormat?.type, request.responseFormat?.jsonSchema?.schema),
    choices: Math.max(1, request.numGenerations ?? 1),
  };
}

function cohereV2(request) {
  return {
    ...readTurns(request.messages.map(turnOf)),
    tools: (request.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
    choice: (request.toolsChoice ?? "AUTO").toLowerCase(),
    reasoning: request.thinking?.type === "ENABLED",
    reasoningLimit: request.thinking?.tokenBudget,
    limit: request.maxTokens ?? COHERE_DEFAULT_LIMIT,
    stops: request.stopSequences ?? [],
    json: jsonOf(request.responseFormat?.type, request.responseFormat?.schema),
    choices: 1,
  };
}

function cohere(request) {
  const history = request.chatHistory ?? [];
  const results = request.toolResults ?? [];
  const asked = history.filter((turn) => turn.role === "USER").map((turn) => turn.message);
  return {
    texts: [request.preambleOverride ?? "", ...history.map((turn) => turn.message ?? ""), request.message],
    question: request.message || (asked.at(-1) ?? ""),
    results: results.length > 0 ? results.map((result) => JSON.stringify(result.outputs)) : undefined,
    images: 0,
    tools: (request.tools ?? []).map((tool) => ({
      name: tool.name,
      schema: schemaOfDefinitions(tool.parameterDefinitions),
    })),
    choice: "auto",
    reasoning: false,
    limit: request.maxTokens ?? COHERE_DEFAULT_LIMIT,
    stops: request.stopSequences ?? [],
    json: jsonOf(request.responseFormat?.type, request.responseFormat?.schema),
    choices: 1,
  };
}

function turnOf(message) {
  const content = message.content ?? [];
  return {
    role: message.role,
    text: textOf(content, "TEXT"),
    images: content.filter((part) => part.type === "IMAGE" || part.type === "IMAGE_URL").length,
  };
}

function readTurns(turns) {
  const lastSpoken = turns.findLastIndex((turn) => turn.role !== "TOOL");
  const results = turns.slice(lastSpoken + 1).map((turn) => turn.text);
  const question = turns.findLast((turn) => turn.role === "USER");
  return {
    texts: turns.map((turn) => turn.text),
    question: question?.text ?? "",
    images: question?.images ?? 0,
    results: results.length > 0 ? results : undefined,
  };
}

function textOf(parts, type) {
  return parts.filter((part) => part.type === type).map((part) => part.text ?? "").join("\n");
}

function jsonOf(type = "TEXT", schema) {
  return type.toUpperCase() === "TEXT" ? undefined : { schema };
}

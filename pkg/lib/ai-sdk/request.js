// A call of the AI SDK as a request of the client.

import { toSnakeCase, withoutUndefined } from "./objects.js";
import { messagesOf } from "./prompt.js";

/** @import { CallWarning, EmbeddingModelOptions, LanguageModelOptions } from "../../ai-sdk.js" */
/** @import { RerankingModelOptions, ToolDefinition } from "../../ai-sdk.js" */
/** @import { CallOptions, ChatRequest, ChatTool, EmbeddingRequest } from "../../index.js" */
/** @import { RerankRequest, ResponseFormat } from "../../index.js" */

/**
 * @template Request
 * @typedef {object} Prepared
 * @property {Request} request
 * @property {CallOptions} options
 * @property {CallWarning[]} warnings
 */

/** What `ai` has of reasoning. */
const REASONING = new Set(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

/**
 * @typedef {object} OptionalSetting
 * @property {"topK" | "reasoning"} feature
 * @property {(call: LanguageModelOptions) => boolean} isGiven and valid
 * @property {(request: ChatRequest) => ChatRequest} remove
 */

/**
 * Settings that a model may lack, by the parameter that they become. Without one the answer is still an
 * answer to the prompt, so `ai` expects a warning instead of an error.
 *
 * @type {ReadonlyMap<string, OptionalSetting>}
 */
const OPTIONAL_SETTINGS = new Map(
  /** @type {[string, OptionalSetting][]} */ ([
    [
      "oci.top_k",
      {
        feature: "topK",
        isGiven: ({ topK }) => Number.isInteger(topK),
        remove: ({ oci: { top_k: _, ...oci } = {}, ...others }) => ({ ...others, ...ociParameters(oci) }),
      },
    ],
    [
      "reasoning_effort",
      {
        feature: "reasoning",
        isGiven: ({ reasoning = "" }) => REASONING.has(reasoning),
        remove: ({ reasoning_effort: _, ...others }) => others,
      },
    ],
  ]),
);

/** The most that OCI has of reasoning. */
const MOST_REASONING = "high";

/**
 * @param {string} model
 * @param {LanguageModelOptions} call
 * @returns {Prepared<ChatRequest>}
 */
export function chatRequest(model, call) {
  /** @type {CallWarning[]} */
  const warnings = [];
  const { request: explicit, ...settings } = ociOptions(call);
  const { options, rest } = callOptions(call, settings);
  const request = withoutUndefined({
    model,
    messages: messagesOf(call.prompt, warnings),
    max_completion_tokens: call.maxOutputTokens,
    temperature: call.temperature,
    top_p: call.topP,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    stop: call.stopSequences?.length ? call.stopSequences : undefined,
    seed: call.seed,
    reasoning_effort: reasoningEffort(call.reasoning, warnings),
    response_format: responseFormat(call.responseFormat),
    ...toolParameters(call, warnings),
    ...ociParameters(toSnakeCase({ top_k: call.topK, ...rest })),
    .../** @type {Record<string, unknown> | undefined} */ (explicit),
  });
  return { request: /** @type {ChatRequest} */ (request), options, warnings };
}

/**
 * The same call without a parameter that its model lacks, if the answer can do without.
 *
 * @param {Prepared<ChatRequest>} prepared
 * @param {LanguageModelOptions} call
 * @param {string | undefined} parameter
 * @param {string} details why
 * @returns {Prepared<ChatRequest> | undefined}
 */
export function withoutParameter({ request, options, warnings }, call, parameter = "", details = "") {
  const setting = OPTIONAL_SETTINGS.get(parameter);
  // What is wrong in itself, or was set in providerOptions for this model, is an error.
  if (!setting?.isGiven(call)) return undefined;
  const { feature, remove } = setting;
  /** @type {CallWarning} */
  const warning = { type: "unsupported", feature, details };
  return { request: remove(request), options, warnings: [...warnings, warning] };
}

/**
 * @param {string} model
 * @param {EmbeddingModelOptions} call
 * @returns {Prepared<EmbeddingRequest>}
 */
export function embeddingRequest(model, call) {
  const { dimensions, ...settings } = ociOptions(call);
  const { options, rest } = callOptions(call, settings);
  const request = { model, input: call.values, dimensions: call.dimensions ?? dimensions, oci: toSnakeCase(rest) };
  return { request: /** @type {EmbeddingRequest} */ (request), options, warnings: [] };
}

/**
 * @param {string} model
 * @param {RerankingModelOptions} call
 * @returns {Prepared<RerankRequest>}
 */
export function rerankRequest(model, call) {
  const { options, rest } = callOptions(call, ociOptions(call));
  /** @type {CallWarning[]} */
  const warnings = [];
  const { documents: given } = call;
  if (given.type === "object") {
    warnings.push({ type: "compatibility", feature: "object documents", details: "they are sent as JSON text" });
  }
  const documents = given.type === "object" ? given.values.map((value) => JSON.stringify(value)) : given.values;
  const request = { model, query: call.query, documents, top_n: call.topN, oci: toSnakeCase(rest) };
  return { request, options, warnings };
}

/**
 * @param {{ providerOptions?: Record<string, Record<string, unknown>> }} call
 * @returns {Record<string, unknown>}
 */
function ociOptions({ providerOptions }) {
  return providerOptions?.oci ?? {};
}

/** @param {Record<string, unknown>} oci */
function ociParameters(oci) {
  return Object.keys(oci).length > 0 ? { oci } : {};
}

/**
 * The options of the client's call, and what `providerOptions.oci` has beside them.
 *
 * @param {{ abortSignal?: AbortSignal, headers?: Record<string, string | undefined> }} call
 * @param {Record<string, unknown>} settings
 */
function callOptions({ abortSignal, headers }, settings) {
  const { apiFormat, transport, fallback, timeouts, requestId, ...rest } = settings;
  const common = { apiFormat, transport, fallback, timeouts, requestId };
  const options = withoutUndefined({ ...common, signal: abortSignal, headers });
  return { options: /** @type {CallOptions} */ (options), rest };
}

/**
 * @param {string | undefined} reasoning
 * @param {CallWarning[]} warnings
 */
function reasoningEffort(reasoning, warnings) {
  if (reasoning === undefined || reasoning === "provider-default") return undefined;
  if (reasoning !== "xhigh" && reasoning !== "max") return reasoning;
  const details = `OCI has no ${reasoning}: ${MOST_REASONING} is sent`;
  warnings.push({ type: "compatibility", feature: "reasoning", details });
  return MOST_REASONING;
}

/**
 * @param {LanguageModelOptions["responseFormat"]} format
 * @returns {ResponseFormat | undefined}
 */
function responseFormat(format) {
  if (format?.type !== "json") return undefined;
  const { schema, name = "response", description } = format;
  if (schema === undefined) return { type: "json_object" };
  const described = description === undefined ? { name } : { name, description };
  const typed = /** @type {Record<string, unknown>} */ (schema);
  return { type: "json_schema", json_schema: { ...described, schema: typed } };
}

/**
 * @param {LanguageModelOptions} call
 * @param {CallWarning[]} warnings
 */
function toolParameters({ tools = [], toolChoice }, warnings) {
  const choice = toolChoice?.type === "tool" ? toolChoice.toolName : undefined;
  const functions = tools.flatMap((tool) => {
    if (tool.type === "function") return [tool];
    warnings.push({ type: "unsupported", feature: `the tool ${tool.name}, which a provider runs` });
    return [];
  });
  if (functions.length === 0) return {};
  if (functions.some(({ inputExamples }) => inputExamples?.length)) {
    const details = "put them into the description";
    warnings.push({ type: "unsupported", feature: "inputExamples of tools", details });
  }
  // The one tool that is to be called is enough, and Cohere's models can be made to call it by no other way.
  const chosen = functions.filter(({ name }) => name === choice);
  const offered = chosen.length > 0 ? chosen : functions;
  return { tools: offered.map(chatTool), tool_choice: chatToolChoice(toolChoice) };
}

/**
 * @param {ToolDefinition} tool
 * @returns {ChatTool}
 */
function chatTool({ name, description, inputSchema, strict }) {
  const details = withoutUndefined({ description, parameters: inputSchema, strict });
  return { type: "function", function: { name, ...details } };
}

/** @param {LanguageModelOptions["toolChoice"]} choice */
function chatToolChoice(choice) {
  if (choice === undefined || choice.type === "auto") return undefined;
  return choice.type === "tool" ? { type: "function", function: { name: choice.toolName } } : choice.type;
}

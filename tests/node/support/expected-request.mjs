// The chatRequest that must be sent for a generated request, without its messages.

import { isGoogle, PARAMETERS, SCHEMAS, wantsCompletionTokens } from "./request-parameters.mjs";

/** @typedef {"GENERIC" | "COHERE" | "COHEREV2"} NativeFormat */
/** @typedef {Record<string, any>} Parameters of a request, by name */

/**
 * The chatRequest without its messages. Of COHERE's parameterDefinitions it has the names.
 *
 * @param {NativeFormat} format
 * @param {{ parameters: Parameters, model: string, streamed: boolean, request: Record<string, any> }} made
 */
export function expectedRequest(format, { parameters, model, streamed, request }) {
  /** @type {Record<string, unknown>} */
  const body = { apiFormat: format };
  if (streamed) Object.assign(body, { isStream: true, streamOptions: { isIncludeUsage: true } });
  for (const [name, { at, as = identity }] of Object.entries(PARAMETERS[format])) {
    if (at && (parameters[name] ?? undefined) !== undefined) body[at] = as(parameters[name]);
  }
  if (parameters.stop) body[format === "GENERIC" ? "stop" : "stopSequences"] = [parameters.stop].flat();
  Object.assign(body, FORMATS[format](parameters, model, request));
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** @type {Record<NativeFormat, (given: Parameters, model: string, request: Record<string, any>) => object>} */
const FORMATS = {
  GENERIC(given, model) {
    const limit = limitOf(given);
    const explicit = given["oci.max_completion_tokens"];
    const limits = wantsCompletionTokens(model)
      ? { maxCompletionTokens: explicit ?? limit }
      : { maxCompletionTokens: explicit, maxTokens: limit };
    return {
      ...limits,
      logProbs: given.logprobs ? Math.max(given.top_logprobs ?? 0, 1) : undefined,
      tools: functionsOf(given)?.map(({ name, description, parameters }) => ({
        type: "FUNCTION",
        name,
        ...(description && { description }),
        ...(parameters && { parameters: (isGoogle(model) && GEMINI_SCHEMAS.get(parameters)) || parameters }),
      })),
      toolChoice:
        typeof given.tool_choice === "object"
          ? { type: "FUNCTION", name: given.tool_choice.function.name }
          : typed(given.tool_choice),
      responseFormat: jsonSchema(given.response_format) ?? typed(given.response_format?.type),
    };
  },

  COHERE(given, _model, { messages }) {
    /** @type {any[]} */
    const leading = messages.slice(
      0,
      messages.findIndex((/** @type {any} */ { role }) => role !== "system" && role !== "developer"),
    );
    const preamble = leading.map(({ content }) =>
      typeof content === "string" ? content : content.map((/** @type {any} */ part) => part.text).join(""),
    );
    const tools = functionsOf(given)?.map(({ name, description, parameters }) => {
      const names = Object.keys(parameters?.properties ?? {});
      return { name, description: description ?? name, ...(names.length > 0 && { parameterDefinitions: names }) };
    });
    return {
      maxTokens: limitOf(given) ?? 4000,
      preambleOverride: given["oci.preamble"] ?? (preamble.length > 0 ? preamble.join("\n\n") : undefined),
      tools: given.tool_choice === "none" ? undefined : tools,
      responseFormat: cohereFormat(given.response_format),
    };
  },

  COHEREV2(given) {
    const { reasoning_effort: effort, tool_choice: choice } = given;
    const budget = given["oci.thinking_budget"] ?? undefined;
    const strict = given.tools?.some((/** @type {any} */ tool) => tool.function.strict) || undefined;
    const thinking = budget
      ? { type: "ENABLED", tokenBudget: budget }
      : effort
        ? { type: effort === "none" ? "DISABLED" : "ENABLED" }
        : undefined;
    const toolsChoice = choice === "none" ? "NONE" : choice && choice !== "auto" ? "REQUIRED" : undefined;
    return {
      maxTokens: limitOf(given) ?? 4000,
      thinking,
      tools: functionsOf(given)?.map(({ name, description, parameters = { type: "object", properties: {} } }) => ({
        type: "FUNCTION",
        function: { name, ...(description && { description }), parameters },
      })),
      isStrictToolsEnabled: given["oci.is_strict_tools"] ?? strict,
      toolsChoice,
      responseFormat: cohereFormat(given.response_format),
    };
  },
};

/** @param {unknown} value */
function identity(value) {
  return value;
}

/** @param {Parameters} given */
function limitOf(given) {
  return given.max_completion_tokens ?? given.max_tokens;
}

/**
 * @param {Parameters} given
 * @returns {any[] | undefined}
 */
function functionsOf(given) {
  return given.tools?.map((/** @type {any} */ tool) => tool.function);
}

/** @param {string | undefined} word */
function typed(word) {
  return word && { type: word.toUpperCase() };
}

/** @param {any} format */
function jsonSchema(format) {
  if (format?.type !== "json_schema") return undefined;
  const { strict, ...schema } = format.json_schema;
  return { type: "JSON_SCHEMA", jsonSchema: { ...schema, ...(strict !== undefined && { isStrict: strict }) } };
}

/** @param {any} format */
function cohereFormat(format) {
  if (!format) return undefined;
  const schema = format.json_schema?.schema;
  return { type: format.type === "text" ? "TEXT" : "JSON_OBJECT", ...(schema && { schema }) };
}

// Gemini's schemas have no references and no exclusive bounds.
const GEMINI_SCHEMAS = new Map([
  [SCHEMAS[1], { ...SCHEMAS[1], properties: { ...SCHEMAS[1].properties, days: { type: ["integer", "null"] } } }],
  [
    SCHEMAS[2],
    {
      type: "object",
      properties: {
        trip: { type: "object", properties: { to: { type: "string" }, next: { type: "object" } } },
      },
    },
  ],
]);

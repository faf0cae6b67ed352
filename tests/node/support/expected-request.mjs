// What must be sent for a generated request, beside its messages.

import { isGoogle, PARAMETERS, SCHEMAS, wantsCompletionTokens } from "./generated-requests.mjs";

/** The chatRequest without its messages. Of Cohere's parameterDefinitions it has the names. */
export function expected(wire, { given, model, streamed, request }) {
  const body = { apiFormat: wire };
  if (streamed) Object.assign(body, { isStream: true, streamOptions: { isIncludeUsage: true } });
  for (const [name, { at, as = (value) => value }] of Object.entries(PARAMETERS[wire])) {
    if (at && (given[name] ?? undefined) !== undefined) body[at] = as(given[name]);
  }
  if (given.stop) body[wire === "GENERIC" ? "stop" : "stopSequences"] = [given.stop].flat();
  Object.assign(body, OWN[wire](given, model, request));
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

const limitOf = (given) => given.max_completion_tokens ?? given.max_tokens;
const functionsOf = (given) => given.tools?.map((tool) => tool.function);

const OWN = {
  GENERIC(given, model) {
    const limit = limitOf(given);
    const own = given["oci.max_completion_tokens"];
    return {
      ...(wantsCompletionTokens(model) ? { maxCompletionTokens: own ?? limit } : { maxCompletionTokens: own, maxTokens: limit }),
      logProbs: given.logprobs ? Math.max(given.top_logprobs ?? 0, 1) : undefined,
      tools: functionsOf(given)?.map(({ name, description, parameters }) => ({
        type: "FUNCTION",
        name,
        ...(description && { description }),
        ...(parameters && { parameters: (isGoogle(model) && PLAIN.get(parameters)) || parameters }),
      })),
      toolChoice: typeof given.tool_choice === "object" ? { type: "FUNCTION", name: given.tool_choice.function.name } : typed(given.tool_choice),
      responseFormat: jsonSchema(given.response_format) ?? typed(given.response_format?.type),
    };
  },

  COHERE(given, _model, { messages }) {
    const leading = messages.slice(0, messages.findIndex(({ role }) => role !== "system" && role !== "developer"));
    const preamble = leading.map(({ content }) => (typeof content === "string" ? content : content.map((part) => part.text).join("")));
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
    const strict = given.tools?.some((tool) => tool.function.strict) || undefined;
    return {
      maxTokens: limitOf(given) ?? 4000,
      thinking: budget ? { type: "ENABLED", tokenBudget: budget } : effort ? { type: effort === "none" ? "DISABLED" : "ENABLED" } : undefined,
      tools: functionsOf(given)?.map(({ name, description, parameters = { type: "object", properties: {} } }) => ({
        type: "FUNCTION",
        function: { name, ...(description && { description }), parameters },
      })),
      isStrictToolsEnabled: given["oci.is_strict_tools"] ?? strict,
      toolsChoice: { auto: undefined, none: "NONE" }[choice] ?? (choice && choice !== "auto" ? "REQUIRED" : undefined),
      responseFormat: cohereFormat(given.response_format),
    };
  },
};

function typed(word) {
  return word && { type: word.toUpperCase() };
}

function jsonSchema(format) {
  if (format?.type !== "json_schema") return undefined;
  const { strict, ...schema } = format.json_schema;
  return { type: "JSON_SCHEMA", jsonSchema: { ...schema, ...(strict !== undefined && { isStrict: strict }) } };
}

function cohereFormat(format) {
  if (!format) return undefined;
  const schema = format.json_schema?.schema;
  return { type: format.type === "text" ? "TEXT" : "JSON_OBJECT", ...(schema && { schema }) };
}

// The schemas as Gemini takes them: without references and exclusive bounds.
const PLAIN = new Map([
  [
    SCHEMAS[1],
    { ...SCHEMAS[1], properties: { ...SCHEMAS[1].properties, days: { type: ["integer", "null"] } } },
  ],
  [
    SCHEMAS[2],
    { type: "object", properties: { trip: { type: "object", properties: { to: { type: "string" }, next: { type: "object" } } } } },
  ],
]);

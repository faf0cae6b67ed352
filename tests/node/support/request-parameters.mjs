// What generated requests are made of: models, parameters with their expected fields, and JSON
// schemas.

import { endpointId } from "../../simulator/server.mjs";

/** @import { Random } from "./random.mjs" */
/** @import { Marks } from "./marks.mjs" */

/** @typedef {"GENERIC" | "COHERE" | "COHEREV2" | "openai"} Format an apiFormat of OCI, or the openai transport */
/** @typedef {"DEDICATED" | "ON_DEMAND"} ServingType */
/** @typedef {(random: Random, marks: Marks) => unknown} Maker */

/**
 * How a value of a parameter is made, and the field (`at`) that must have it after a conversion
 * (`as`). Without `at` nothing of it is sent.
 *
 * @typedef {{ make: Maker, at?: string, as?: (value: any) => unknown }} ParameterRow
 */

/** @type {Record<Format, Record<ServingType, string[]>>} */
export const MODELS = {
  GENERIC: {
    DEDICATED: [endpointId("simgeneric"), endpointId("simgpt"), endpointId("simgemini")],
    ON_DEMAND: [
      "meta.llama-3.3-70b-instruct",
      "xai.grok-4",
      "google.gemini-2.5-pro",
      "openai.gpt-5",
      "openai.gpt-5.1-mini",
      "openai.gpt-oss-120b",
      "ocid1.generativeaimodel.oc1.us-chicago-1.example",
    ],
  },
  COHERE: {
    DEDICATED: [endpointId("simcohere")],
    ON_DEMAND: ["cohere.command-r-08-2024", "cohere.command-r-plus-08-2024", "cohere.command-a-03-2025"],
  },
  COHEREV2: {
    DEDICATED: [endpointId("simcoherev2")],
    ON_DEMAND: ["cohere.command-a-03-2025", "cohere.command-a-vision-07-2025"],
  },
  openai: {
    DEDICATED: [endpointId("simgeneric")],
    ON_DEMAND: ["meta.llama-3.3-70b-instruct", "xai.grok-4", "openai.gpt-5", "openai.gpt-oss-120b"],
  },
};

/** @type {(least: number, most: number) => Maker} */
const number = (least, most) => (random) => random.fraction(least, most);
/** @type {(least: number, most: number) => Maker} */
const whole = (least, most) => (random) => random.between(least, most);
/** @type {(...values: unknown[]) => Maker} */
const oneOf =
  (...values) =>
  (random) =>
    random.pick(values);
const flag = oneOf(true, false);
/**
 * OCI requires upper case. Callers write OpenAI's lower case, or OCI's.
 * @type {(...words: string[]) => Maker}
 */
const word = (...words) => oneOf(...words, ...words.map((one) => one.toLowerCase()));
/** @param {string} value */
const upper = (value) => value.toUpperCase();
/** @type {Maker} */
const labels = (random) => (random.chance(0.2) ? {} : { team: `t${random.below(9)}`, "a key": "a value" });
/** @type {Maker} */
const documents = (random, marks) =>
  Array.from({ length: random.between(1, 3) }, (_, at) => ({ id: `d${at}`, text: marks.sent(random) }));
/** @type {Maker} */
const unsentText = (random, marks) => marks.unsent(random);
const location = {
  type: "approximate",
  approximate: { city: "Oslo", region: "Oslo", country: "NO", timezone: "Europe/Oslo" },
};

/** @type {Record<string, ParameterRow>} */
const NATIVE = {
  temperature: { make: number(0, 2), at: "temperature" },
  top_p: { make: number(0, 1), at: "topP" },
  seed: { make: whole(-5, 1e9), at: "seed" },
  presence_penalty: { make: number(-2, 2), at: "presencePenalty" },
  frequency_penalty: { make: number(-2, 2), at: "frequencyPenalty" },
  stream_options: { make: oneOf({}, { include_usage: true }, { include_usage: false, include_obfuscation: false }) },
  stream: { make: flag },
  user: { make: unsentText },
  safety_identifier: { make: unsentText },
  store: { make: flag },
  prompt_cache_key: { make: unsentText },
  prompt_cache_retention: { make: oneOf("in-memory", "24h") },
  modalities: { make: oneOf(["text"]) },
  functions: { make: oneOf([]) },
  function_call: { make: oneOf("auto") },
  "oci.top_k": { make: whole(0, 500), at: "topK" },
};

/** @type {Record<string, ParameterRow>} */
const BOTH_COHERES = {
  n: { make: oneOf(1) },
  top_logprobs: { make: oneOf(0) },
  logit_bias: { make: oneOf({}) },
  verbosity: { make: oneOf("medium") },
  service_tier: { make: oneOf("auto", "default") },
  parallel_tool_calls: { make: oneOf(true) },
  metadata: { make: labels },
  prediction: { make: (random, marks) => ({ type: "content", content: marks.unsent(random) }) },
  "oci.documents": { make: documents, at: "documents" },
  "oci.safety_mode": { make: word("CONTEXTUAL", "STRICT", "OFF"), at: "safetyMode", as: upper },
  "oci.is_search_queries_only": { make: flag, at: "isSearchQueriesOnly" },
  "oci.is_raw_prompting": { make: flag, at: "isRawPrompting" },
};

/** @type {Record<Format, Record<string, ParameterRow>>} */
export const PARAMETERS = {
  GENERIC: {
    ...NATIVE,
    n: { make: whole(1, 4), at: "numGenerations" },
    logit_bias: { make: oneOf({}, { 50256: -100, 11: 2.5 }), at: "logitBias" },
    reasoning_effort: { make: word("NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"), at: "reasoningEffort", as: upper },
    verbosity: { make: word("LOW", "MEDIUM", "HIGH"), at: "verbosity", as: upper },
    service_tier: { make: word("AUTO", "DEFAULT", "PRIORITY"), at: "serviceTier", as: upper },
    metadata: { make: labels, at: "metadata" },
    prediction: {
      make: (random, marks) => ({
        type: "content",
        content: random.chance(0.5) ? marks.sent(random) : [{ type: "text", text: marks.sent(random) }],
      }),
      at: "prediction",
      as: ({ content }) => ({
        type: "CONTENT",
        content: [content].flat().map((part) => ({ type: "TEXT", text: part.text ?? part })),
      }),
    },
    web_search_options: {
      make: oneOf(
        {},
        { search_context_size: "low" },
        { search_context_size: "medium" },
        { search_context_size: "high", user_location: location },
      ),
      at: "webSearchOptions",
      as: ({ search_context_size: size, user_location: user }) => ({
        ...(size && { searchContextSize: size.toUpperCase() }),
        ...(user && { userLocation: user.approximate }),
      }),
    },
    parallel_tool_calls: { make: flag, at: "isParallelToolCalls" },
    "oci.is_echo": { make: flag, at: "isEcho" },
    "oci.documents": { make: oneOf([]) },
    "oci.citation_quality": { make: oneOf("OFF") },
    "oci.prompt_truncation": { make: oneOf("OFF") },
    "oci.is_search_queries_only": { make: oneOf(false) },
    "oci.priority": { make: oneOf(0) },
  },
  COHERE: {
    ...NATIVE,
    ...BOTH_COHERES,
    logprobs: { make: oneOf(false) },
    reasoning_effort: { make: oneOf("none") },
    "oci.citation_quality": { make: word("ACCURATE", "FAST"), at: "citationQuality", as: upper },
    "oci.preamble": { make: (random, marks) => marks.once(random), at: "preambleOverride" },
    "oci.prompt_truncation": { make: word("OFF", "AUTO_PRESERVE_ORDER"), at: "promptTruncation", as: upper },
    "oci.max_input_tokens": { make: whole(1, 9000), at: "maxInputTokens" },
    "oci.is_force_single_step": { make: flag, at: "isForceSingleStep" },
    "oci.is_echo": { make: flag, at: "isEcho" },
    "oci.is_strict_tools": { make: oneOf(false) },
    "oci.priority": { make: oneOf(0) },
  },
  COHEREV2: {
    ...NATIVE,
    ...BOTH_COHERES,
    logprobs: { make: flag, at: "isLogProbsEnabled" },
    reasoning_effort: { make: oneOf("none", "minimal", "low", "medium", "high") },
    "oci.citation_quality": {
      make: word("ACCURATE", "FAST", "OFF"),
      at: "citationOptions",
      as: (value) => ({ mode: upper(value) }),
    },
    "oci.thinking_budget": { make: whole(1, 5000) },
    "oci.is_strict_tools": { make: flag, at: "isStrictToolsEnabled" },
    "oci.priority": { make: whole(0, 9), at: "priority" },
    "oci.is_echo": { make: oneOf(false) },
    "oci.is_force_single_step": { make: oneOf(false) },
  },
  openai: {
    temperature: { make: number(0, 2) },
    top_p: { make: number(0, 1) },
    seed: { make: whole(0, 1e9) },
    n: { make: whole(1, 3) },
    presence_penalty: { make: number(-2, 2) },
    frequency_penalty: { make: number(-2, 2) },
    logit_bias: { make: oneOf({}, { 50256: -100 }) },
    reasoning_effort: { make: oneOf("none", "minimal", "low", "medium", "high", "xhigh") },
    verbosity: { make: oneOf("low", "medium", "high") },
    service_tier: { make: oneOf("auto", "default", "flex", "priority") },
    metadata: { make: labels },
    prediction: { make: oneOf({ type: "content", content: "so it goes" }) },
    web_search_options: { make: oneOf({}, { search_context_size: "low", user_location: location }) },
    parallel_tool_calls: { make: flag },
    store: { make: flag },
    user: { make: oneOf("a user") },
    safety_identifier: { make: oneOf("someone") },
    prompt_cache_key: { make: oneOf("k") },
    prompt_cache_retention: { make: oneOf("24h") },
    modalities: { make: oneOf(["text"]) },
    stream: { make: flag },
    stream_options: { make: oneOf({}, { include_usage: false }, { include_obfuscation: false }) },
    oci: { make: oneOf({}) },
  },
};

/**
 * JSON schemas of tools and of answers.
 *
 * @type {any[]}
 */
export const SCHEMAS = [
  { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  {
    type: "object",
    properties: {
      unit: { type: "string", enum: ["c", "f"], description: "Which unit." },
      days: { type: ["integer", "null"], exclusiveMinimum: 0 },
      places: { type: "array", items: { type: "number" } },
      exact: { type: "boolean" },
      more: { type: "object", properties: { deep: { type: "array" } }, additionalProperties: false },
      any: {},
    },
    required: ["unit", "any"],
  },
  {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $defs: {
      City: { type: "string" },
      Trip: { type: "object", properties: { to: { $ref: "#/$defs/City" }, next: { $ref: "#/$defs/Trip" } } },
    },
    type: "object",
    properties: { trip: { $ref: "#/$defs/Trip" } },
  },
  { type: "object", properties: {} },
];

/** @param {string} model */
export const isGoogle = (model) => /^google\./i.test(model);

/**
 * OpenAI's hosted models renamed max_tokens. gpt-oss is an open model.
 *
 * @param {string} model
 */
export const wantsCompletionTokens = (model) => /^openai\.(?!gpt-oss)/i.test(model);

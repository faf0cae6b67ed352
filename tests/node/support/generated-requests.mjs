// Generated Chat Completions requests that a wire can carry, and what must become of them.

import { endpointId } from "../../simulator/server.mjs";

/** A small generator of numbers (mulberry32): the same seed, the same requests, in every runtime. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    fraction: (least, most) => Math.round((least + next() * (most - least)) * 1000) / 1000,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)],
  };
}

export const MODELS = {
  GENERIC: {
    DEDICATED: [endpointId("simgeneric"), endpointId("simgpt"), endpointId("simgemini")],
    ON_DEMAND: [
      "meta.llama-3.3-70b-instruct", "xai.grok-4", "google.gemini-2.5-pro", "openai.gpt-5", "openai.gpt-5.1-mini", "openai.gpt-oss-120b",
      "ocid1.generativeaimodel.oc1.us-chicago-1.example",
    ],
  },
  COHERE: { DEDICATED: [endpointId("simcohere")], ON_DEMAND: ["cohere.command-r-08-2024", "cohere.command-r-plus-08-2024", "cohere.command-a-03-2025"] },
  COHEREV2: { DEDICATED: [endpointId("simcoherev2")], ON_DEMAND: ["cohere.command-a-03-2025", "cohere.command-a-vision-07-2025"] },
  openai: { DEDICATED: [endpointId("simgeneric")], ON_DEMAND: ["meta.llama-3.3-70b-instruct", "xai.grok-4", "openai.gpt-5", "openai.gpt-oss-120b"] },
};

export const isGoogle = (model) => /^google\./i.test(model);
/** OpenAI's hosted models renamed max_tokens; gpt-oss is an open model. */
export const wantsCompletionTokens = (model) => /^openai\.(?!gpt-oss)/i.test(model);

const number = (least, most) => (random) => random.fraction(least, most);
const whole = (least, most) => (random) => random.between(least, most);
const oneOf = (...values) => (random) => random.pick(values);
const flag = oneOf(true, false);
// OCI insists on upper case; callers write OpenAI's lower case, or OCI's.
const word = (...words) => oneOf(...words, ...words.map((one) => one.toLowerCase()));
const upper = (value) => value.toUpperCase();
const labels = (random) => (random.chance(0.2) ? {} : { team: `t${random.below(9)}`, "a key": "a value" });
const documents = (random, marks) => Array.from({ length: random.between(1, 3) }, (_, at) => ({ id: `d${at}`, text: marks.sent(random) }));
const location = { type: "approximate", approximate: { city: "Oslo", region: "Oslo", country: "NO", timezone: "Europe/Oslo" } };

// Each row: how a value is made, and the field (`at`) that must have it (through `as`). Without `at` nothing of it is sent.
const EVERYWHERE = {
  temperature: { make: number(0, 2), at: "temperature" },
  top_p: { make: number(0, 1), at: "topP" },
  seed: { make: whole(-5, 1e9), at: "seed" },
  presence_penalty: { make: number(-2, 2), at: "presencePenalty" },
  frequency_penalty: { make: number(-2, 2), at: "frequencyPenalty" },
  stream_options: { make: oneOf({}, { include_usage: true }, { include_usage: false, include_obfuscation: false }) },
  stream: { make: flag },
  user: { make: (random, marks) => marks.dropped(random) },
  safety_identifier: { make: (random, marks) => marks.dropped(random) },
  store: { make: flag },
  prompt_cache_key: { make: (random, marks) => marks.dropped(random) },
  prompt_cache_retention: { make: oneOf("in-memory", "24h") },
  modalities: { make: oneOf(["text"]) },
  functions: { make: oneOf([]) },
  function_call: { make: oneOf("auto") },
  "oci.top_k": { make: whole(0, 500), at: "topK" },
};

const COHERES = {
  n: { make: oneOf(1) },
  top_logprobs: { make: oneOf(0) },
  logit_bias: { make: oneOf({}) },
  verbosity: { make: oneOf("medium") },
  service_tier: { make: oneOf("auto", "default") },
  parallel_tool_calls: { make: oneOf(true) },
  metadata: { make: labels },
  prediction: { make: (random, marks) => ({ type: "content", content: marks.dropped(random) }) },
  "oci.documents": { make: documents, at: "documents" },
  "oci.safety_mode": { make: word("CONTEXTUAL", "STRICT", "OFF"), at: "safetyMode", as: upper },
  "oci.is_search_queries_only": { make: flag, at: "isSearchQueriesOnly" },
  "oci.is_raw_prompting": { make: flag, at: "isRawPrompting" },
};

export const PARAMETERS = {
  GENERIC: {
    ...EVERYWHERE,
    n: { make: whole(1, 4), at: "numGenerations" },
    logit_bias: { make: oneOf({}, { 50256: -100, 11: 2.5 }), at: "logitBias" },
    reasoning_effort: { make: word("NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"), at: "reasoningEffort", as: upper },
    verbosity: { make: word("LOW", "MEDIUM", "HIGH"), at: "verbosity", as: upper },
    service_tier: { make: word("AUTO", "DEFAULT", "PRIORITY"), at: "serviceTier", as: upper },
    metadata: { make: labels, at: "metadata" },
    prediction: {
      make: (random, marks) => ({ type: "content", content: random.chance(0.5) ? marks.sent(random) : [{ type: "text", text: marks.sent(random) }] }),
      at: "prediction",
      as: ({ content }) => ({ type: "CONTENT", content: [content].flat().map((part) => ({ type: "TEXT", text: part.text ?? part })) }),
    },
    web_search_options: {
      make: oneOf({}, { search_context_size: "low" }, { search_context_size: "medium" }, { search_context_size: "high", user_location: location }),
      at: "webSearchOptions",
      as: ({ search_context_size: size, user_location: place }) => ({
        ...(size && { searchContextSize: size.toUpperCase() }),
        ...(place && { userLocation: place.approximate }),
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
    ...EVERYWHERE,
    ...COHERES,
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
    ...EVERYWHERE,
    ...COHERES,
    logprobs: { make: flag, at: "isLogProbsEnabled" },
    reasoning_effort: { make: oneOf("none", "minimal", "low", "medium", "high") },
    "oci.citation_quality": { make: word("ACCURATE", "FAST", "OFF"), at: "citationOptions", as: (value) => ({ mode: upper(value) }) },
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

/** JSON schemas of tools and of answers. */
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
    $defs: { City: { type: "string" }, Trip: { type: "object", properties: { to: { $ref: "#/$defs/City" }, next: { $ref: "#/$defs/Trip" } } } },
    type: "object",
    properties: { trip: { $ref: "#/$defs/Trip" } },
  },
  { type: "object", properties: {} },
];

/**
 * A valid request: { request, marks, mode, model, given }. `given` has the parameters by name (`oci.` ones too); `marks` the texts that must
 * be in the body once, at least once, and not at all.
 */
export function makeRequest(wire, random, mode) {
  const marks = marker();
  const model = random.pick(MODELS[wire][mode]);
  const prefix = random.chance(0.1) ? "oci:" : "";
  const request = { model: prefix + model };
  const given = {};
  const give = (name, value) => {
    given[name] = value;
    if (name.startsWith("oci.")) (request.oci ??= {})[name.slice(4)] = value;
    else request[name] = value;
  };
  const tools = random.chance(0.5) ? makeTools(random, marks, wire) : [];
  for (const [name, { make }] of Object.entries(PARAMETERS[wire])) {
    // Null says nothing, wherever it stands.
    if (random.chance(0.25)) give(name, random.chance(0.05) ? null : make(random, marks));
  }
  request.messages = makeMessages(random, marks, wire, model);
  if (tools.length > 0) give("tools", tools);
  if (random.chance(tools.length > 0 ? 0.6 : 0.05)) give("tool_choice", makeChoice(random, wire, tools));
  if (random.chance(0.3)) give("response_format", makeFormat(random));
  if (random.chance(0.3)) give("stop", random.pick(["END", ["END"], ["a", "b\n", "c", "d"]]));
  for (const name of wire === "openai" && wantsCompletionTokens(model) ? ["max_completion_tokens"] : ["max_tokens", "max_completion_tokens"]) {
    if (random.chance(0.35)) give(name, random.between(1, 4000));
  }
  if (wire === "GENERIC" && random.chance(0.15)) give("oci.max_completion_tokens", random.between(1, 4000));
  if ((wire === "GENERIC" || wire === "openai") && random.chance(0.3)) {
    give("logprobs", random.chance(0.8));
    if (random.chance(0.6)) give("top_logprobs", random.between(0, 20));
  }
  // COHERE has no other way to forbid calls than to send no tools.
  marks.lists[wire === "COHERE" && given.tool_choice === "none" ? "dropped" : "sent"].push(...marks.lists.ofTools);
  // Keys come in any order.
  if (random.chance(0.5)) return { request: Object.fromEntries(Object.entries(request).reverse()), marks, model, given, mode };
  return { request, marks, model, given, mode };
}

const TEXTS = [" naïve façade", " 東京 😀", ' "quoted" \\ back\\slash', "\nline\r\n\ttab \u2028", " <tool_call>", ' {"a":1}', ""];

// Texts that no other text holds, so that each can be found again in a body.
function marker() {
  const lists = { once: [], sent: [], dropped: [], ofTools: [] };
  let count = 0;
  const keep = (list, ending) => {
    count += 1;
    list.push(`#${count}#${ending}`);
    return list.at(-1);
  };
  return {
    lists,
    once: (random) => keep(lists.once, random.pick(TEXTS)),
    sent: (random) => keep(lists.sent, random.pick(TEXTS)),
    dropped: (random) => keep(lists.dropped, random.pick(TEXTS)),
    ofTools: (random) => keep(lists.ofTools, random.pick(TEXTS)),
    /** Without a character that JSON would escape. */
    plain: () => keep(lists.once, ""),
    name: () => keep(lists.sent, "somebody"),
  };
}

function makeTools(random, marks, wire) {
  return Array.from({ length: random.between(1, 3) }, (_, at) => {
    const made = { name: `tool_${at}-${random.below(9)}` };
    if (random.chance(0.8)) made.description = marks.ofTools(random);
    if (random.chance(0.85)) made.parameters = random.pick(SCHEMAS);
    if (random.chance(0.3)) made.strict = wire === "openai" ? true : random.pick([true, false, null]);
    return { type: "function", function: made };
  });
}

function makeChoice(random, wire, tools) {
  if (tools.length === 0) return "none";
  const named = { type: "function", function: { name: random.pick(tools).function.name } };
  if (wire === "COHERE") return random.pick(["auto", "none"]);
  if (wire === "COHEREV2" && tools.length > 1) return random.pick(["auto", "none", "required"]);
  return random.pick(["auto", "none", "required", named]);
}

function makeFormat(random) {
  const json_schema = { name: "answer" };
  if (random.chance(0.5)) json_schema.description = "What is wanted.";
  if (random.chance(0.8)) json_schema.schema = random.pick(SCHEMAS.slice(0, 2));
  if (random.chance(0.5)) json_schema.strict = random.chance(0.5);
  return random.pick([{ type: "text" }, { type: "json_object" }, { type: "json_schema", json_schema }]);
}

function makeMessages(random, marks, wire, model) {
  const messages = [];
  const text = () => marks.once(random);
  const content = (make) => (random.chance(0.5) ? text() : Array.from({ length: random.between(1, 3) }, () => make()));
  const textPart = () => ({ type: "text", text: text() });
  // Cohere's messages have no name, and Gemini's system texts are merged.
  const name = (message) => {
    const kept = wire === "openai" || (wire === "GENERIC" && !(isGoogle(model) && /system|developer/.test(message.role)));
    if (random.chance(0.2)) message.name = kept ? marks.name() : "somebody";
    return message;
  };
  const system = () => messages.push(name({ role: random.pick(["system", "developer"]), content: content(textPart) }));
  const user = () => messages.push(name({ role: "user", content: content(() => userPart(random, marks, wire)) }));
  let calls = 0;
  const round = () => {
    const made = Array.from({ length: random.between(1, 3) }, () => {
      calls += 1;
      const written = random.pick([`{"city":"${calls}"}`, "{}", "", ' { "deep": {"a": [1, null, "x"]} } ']);
      return { id: `call_${calls}`, type: "function", function: { name: random.pick(["look", "find_it"]), arguments: written } };
    });
    const turn = { role: "assistant", tool_calls: made };
    if (random.chance(0.7)) turn.content = random.pick([() => null, () => "", text])();
    messages.push(name(turn));
    const results = made.map(({ id }) => ({ role: "tool", tool_call_id: id, content: toolContent() }));
    messages.push(...(random.chance(0.3) ? results.reverse() : results));
  };
  const toolContent = () =>
    random.pick([
      () => text(),
      () => [textPart(), textPart()],
      () => JSON.stringify({ found: marks.plain() }),
      () => JSON.stringify([{ found: marks.plain() }, { n: 1 }]),
      () => "",
    ])();
  const assistant = () => {
    const turn = { role: "assistant" };
    const thought = () => (wire === "COHERE" ? marks.dropped(random) : text());
    const parts = [
      textPart,
      () => ({ type: "refusal", refusal: text() }),
      ...(wire === "openai" ? [] : [() => ({ type: "thinking", thinking: thought() }), () => ({ type: "reasoning", text: thought() })]),
    ];
    turn.content = random.chance(0.1) ? "" : content(() => random.pick(parts)());
    if (random.chance(0.15)) turn.refusal = random.chance(0.3) ? null : text();
    if (wire !== "openai" && random.chance(0.15)) turn[random.pick(["reasoning_content", "reasoning"])] = thought();
    messages.push(name(turn));
  };

  for (let count = random.pick([0, 1, 1, 2]); count > 0; count -= 1) system();
  for (let count = random.below(4); count > 0; count -= 1) {
    user();
    if (random.chance(0.5)) round();
    // A model may call again, and a turn may be missing where a conversation was put together by hand.
    if (random.chance(0.2)) round();
    if (random.chance(0.8)) assistant();
    if (random.chance(0.1)) system();
  }
  user();
  if (random.chance(0.25)) round();
  return messages;
}

function userPart(random, marks, wire) {
  const text = () => marks.once(random);
  const https = (kind) => `https://files.example/${kind}?${text()}`;
  const data = (type) => `data:${type};base64,QUJD${text()}`;
  const media = (url) => ({ url, ...(random.chance(0.6) && { detail: random.pick(["auto", "low", "high"]) }) });
  const parts = {
    text: () => ({ type: "text", text: text() }),
    image: () => ({ type: "image_url", image_url: media(random.pick([https, data])("image/png")) }),
    imageByAddress: () => ({ type: "image_url", image_url: https("picture") }),
    audio: () => ({ type: "input_audio", input_audio: { data: `QUJD${text()}`, format: random.pick(["wav", "mp3"]) } }),
    audioUrl: () => ({ type: "audio_url", audio_url: media(https("sound")) }),
    video: () => ({ type: "video_url", video_url: media(data("video/mp4")) }),
    fileUrl: () => ({ type: "document_url", document_url: media(https("paper")) }),
    file: () => ({ type: "file", file: { file_data: random.chance(0.5) ? data("application/pdf") : `QUJD${text()}`, filename: "a.pdf" } }),
    film: () => ({ type: "file", file: { file_data: data("video/mp4") } }),
    document: () => ({ type: "document", document: { id: "d", text: text() } }),
  };
  const taken = {
    GENERIC: ["text", "image", "imageByAddress", "audio", "audioUrl", "video", "fileUrl", "file", "film"],
    COHERE: ["text"],
    COHEREV2: ["text", "image", "imageByAddress", "document"],
    openai: ["text", "image", "audio", "file"],
  };
  return parts[random.pick(taken[wire])]();
}

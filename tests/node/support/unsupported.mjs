// What each format can't express.

/**
 * Values of an unsupported parameter: those that are rejected, since they would change the answer,
 * and neutral ones, which ask for what the model does anyway.
 *
 * @typedef {{ rejected: unknown[], neutral?: unknown[] }} UnsupportedParameter
 */

/** @type {Record<string, UnsupportedParameter>} */
const COHERE_ONLY = {
  "oci.documents": { rejected: [[{ text: "a" }]], neutral: [[], {}] },
  "oci.citation_quality": { rejected: ["FAST", "ACCURATE"], neutral: ["OFF"] },
  "oci.safety_mode": { rejected: ["STRICT", "OFF"] },
  "oci.preamble": { rejected: ["Be brief."] },
  "oci.prompt_truncation": { rejected: ["AUTO_PRESERVE_ORDER"], neutral: ["OFF"] },
  "oci.max_input_tokens": { rejected: [100, 0] },
  "oci.is_search_queries_only": { rejected: [true], neutral: [false] },
  "oci.is_force_single_step": { rejected: [true], neutral: [false] },
  "oci.is_raw_prompting": { rejected: [true], neutral: [false] },
  "oci.is_strict_tools": { rejected: [true], neutral: [false] },
  "oci.priority": { rejected: [1], neutral: [0] },
  "oci.thinking_budget": { rejected: [0, 100] },
  "oci.max_completion_tokens": { rejected: [10] },
  "oci.is_echo": { rejected: [true], neutral: [false] },
};

/** @type {Record<string, UnsupportedParameter>} */
const OPENAI = {
  n: { rejected: [2, 0], neutral: [1] },
  logprobs: { rejected: [true], neutral: [false] },
  top_logprobs: { rejected: [3], neutral: [0] },
  logit_bias: { rejected: [{ 1: 5 }], neutral: [{}] },
  reasoning_effort: { rejected: ["low", "high"], neutral: ["none"] },
  verbosity: { rejected: ["low", "high"], neutral: ["medium"] },
  web_search_options: { rejected: [{}, { search_context_size: "low" }] },
  service_tier: { rejected: ["flex", "priority"], neutral: ["auto", "default"] },
  parallel_tool_calls: { rejected: [false], neutral: [true] },
};

/** @type {Record<string, UnsupportedParameter>} */
const EVERY_FORMAT = {
  modalities: { rejected: [["text", "audio"], ["audio"], "text"], neutral: [["text"]] },
  audio: { rejected: [{ voice: "alloy", format: "wav" }] },
  functions: { rejected: [[{ name: "f" }]], neutral: [[]] },
  function_call: { rejected: ["none", { name: "f" }], neutral: ["auto"] },
};

/**
 * @param {Record<string, UnsupportedParameter>} rows
 * @param {...string} names
 */
function without(rows, ...names) {
  return Object.fromEntries(Object.entries(rows).filter(([name]) => !names.includes(name)));
}

/**
 * @param {Record<string, UnsupportedParameter>} rows
 * @param {...string} names
 */
function only(rows, ...names) {
  return Object.fromEntries(names.map((name) => [name, rows[name]]));
}

/** The parameters that each format rejects. */
export const UNSUPPORTED = {
  GENERIC: { ...EVERY_FORMAT, ...without(COHERE_ONLY, "oci.max_completion_tokens", "oci.is_echo") },
  COHERE: {
    ...EVERY_FORMAT,
    ...OPENAI,
    ...only(COHERE_ONLY, "oci.is_strict_tools", "oci.priority", "oci.thinking_budget", "oci.max_completion_tokens"),
  },
  COHEREV2: {
    ...EVERY_FORMAT,
    ...without(OPENAI, "logprobs", "reasoning_effort"),
    ...only(
      COHERE_ONLY,
      "oci.preamble",
      "oci.prompt_truncation",
      "oci.max_input_tokens",
      "oci.is_force_single_step",
      "oci.is_echo",
      "oci.max_completion_tokens",
    ),
  },
};

/** @param {...object} content */
const user = (...content) => [{ role: "user", content }];
const text = { type: "text", text: "a" };
const image = { type: "image_url", image_url: { url: "https://files.example/a.png" } };
const audio = { type: "input_audio", input_audio: { data: "QUJD", format: "wav" } };
const video = { type: "video_url", video_url: { url: "https://files.example/a.mp4" } };
const file = { type: "file", file: { file_data: "data:application/pdf;base64,QUJD" } };
const document = { type: "document", document: { text: "a" } };
const tools = ["f", "g"].map((name) => ({ type: "function", function: { name } }));
const named = { type: "function", function: { name: "f" } };

/**
 * Supported parameters with something that the format can't express: [what it is, the parameters,
 * `error.param`].
 */
export const INEXPRESSIBLE = {
  GENERIC: [["a grounding document", { messages: user(text, document) }, "messages[0].content[1]"]],
  COHERE: [
    ["an image", { messages: user(text, image) }, "messages[0].content"],
    ["audio", { messages: user(audio) }, "messages[0].content"],
    ["a video", { messages: user(video) }, "messages[0].content"],
    ["a file", { messages: [...user(text), ...user(text, file)] }, "messages[1].content"],
    ["a document", { messages: user(document) }, "messages[0].content"],
    ["a required tool call", { tools, tool_choice: "required" }, "tool_choice"],
    ["a call of a named function", { tools, tool_choice: named }, "tool_choice"],
    ["an assistant message at the end", { messages: [...user(text), { role: "assistant", content: "b" }] }, "messages"],
    ["a conversation without text", { messages: user({ type: "text", text: "" }) }, "messages"],
  ],
  COHEREV2: [
    ["audio", { messages: user(text, audio) }, "messages[0].content[1]"],
    ["a video", { messages: user(video) }, "messages[0].content[0]"],
    ["a file", { messages: user(file) }, "messages[0].content[0]"],
    ["a call of a named function among several", { tools, tool_choice: named }, "tool_choice"],
  ],
};

/** Invalid values: [`error.param`, the parameters]. */
export const INVALID = {
  native: [
    ["temperature", { temperature: "hot" }],
    ["top_p", { top_p: true }],
    ["seed", { seed: 1.5 }],
    ["presence_penalty", { presence_penalty: [] }],
    ["frequency_penalty", { frequency_penalty: {} }],
    ["max_tokens", { max_tokens: 0 }],
    ["max_tokens", { max_tokens: "10" }],
    ["max_completion_tokens", { max_completion_tokens: -1, max_tokens: 5 }],
    ["stop", { stop: 5 }],
    ["stop[1]", { stop: ["a", 5] }],
    ["tools", { tools: {} }],
    ["tools[0]", { tools: [{ type: "function" }] }],
    ["tools[0]", { tools: [{ type: "custom", custom: { name: "f" } }] }],
    ["tools[0].function", { tools: [{ type: "function", function: {} }] }],
    ["tools[0].function.parameters", { tools: [{ type: "function", function: { name: "f", parameters: "{}" } }] }],
    ["tool_choice", { tool_choice: "any" }],
    ["tool_choice", { tool_choice: { type: "allowed_tools" } }],
    ["response_format", { response_format: { type: "xml" } }],
    ["response_format", { response_format: { type: "json_schema" } }],
    ["response_format.json_schema", { response_format: { type: "json_schema", json_schema: {} } }],
    ["oci", { oci: [] }],
    ["oci.top_k", { oci: { top_k: "many" } }],
    ["messages[0].role", { messages: [{ role: "function", name: "f", content: "a" }] }],
    ["messages[0]", { messages: [{ role: "user" }] }],
    ["messages[0].content[0].type", { messages: user({ type: "smell" }) }],
    [
      "messages[0].content[0].image_url.detail",
      { messages: user({ type: "image_url", image_url: { url: "https://files.example/a", detail: "most" } }) },
    ],
    ["messages[0].content[0].file", { messages: user({ type: "file", file: { file_id: "file-1" } }) }],
    [
      "messages[0].tool_calls[0].function",
      { messages: [{ role: "assistant", tool_calls: [{ id: "1", type: "function", function: {} }] }] },
    ],
  ],
  GENERIC: [
    ["n", { n: 1.5 }],
    ["reasoning_effort", { reasoning_effort: "most" }],
    ["reasoning_effort", { reasoning_effort: 3 }],
    ["verbosity", { verbosity: "loud" }],
    ["service_tier", { service_tier: "flex" }],
    ["logprobs", { logprobs: "yes" }],
    ["top_logprobs", { top_logprobs: 3 }],
    ["top_logprobs", { logprobs: true, top_logprobs: "3" }],
    ["logit_bias", { logit_bias: [] }],
    ["metadata", { metadata: "a" }],
    ["parallel_tool_calls", { parallel_tool_calls: "no" }],
    ["prediction", { prediction: "a" }],
    ["prediction.content", { prediction: { type: "content", content: 5 } }],
    ["prediction.content[0]", { prediction: { type: "content", content: [{}] } }],
    ["web_search_options", { web_search_options: true }],
    ["web_search_options.search_context_size", { web_search_options: { search_context_size: "huge" } }],
    ["web_search_options.user_location", { web_search_options: { user_location: "Oslo" } }],
    ["oci.is_echo", { oci: { is_echo: "yes" } }],
  ],
  COHERE: [
    ["oci.citation_quality", { oci: { citation_quality: "OFF" } }],
    ["oci.safety_mode", { oci: { safety_mode: "SOME" } }],
    ["oci.prompt_truncation", { oci: { prompt_truncation: true } }],
    ["oci.documents", { oci: { documents: {} } }],
    ["oci.preamble", { oci: { preamble: ["a"] } }],
    ["oci.max_input_tokens", { oci: { max_input_tokens: 1.5 } }],
    [
      "messages[1].tool_calls",
      {
        messages: [
          ...user(text),
          { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "[1]" } }] },
          ...user(text),
        ],
      },
    ],
  ],
  COHEREV2: [
    ["logprobs", { logprobs: 1 }],
    ["reasoning_effort", { reasoning_effort: 3 }],
    ["oci.citation_quality", { oci: { citation_quality: "BEST" } }],
    ["oci.citation_quality", { oci: { citation_quality: 1 } }],
    ["oci.thinking_budget", { oci: { thinking_budget: "much" } }],
    ["oci.thinking_budget", { oci: { thinking_budget: -1 } }],
    ["oci.priority", { oci: { priority: "high" } }],
  ],
};

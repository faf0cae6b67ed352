// Generated Chat Completions requests that a format can express.

import { makeMarks } from "./marks.mjs";
import { isGoogle, MODELS, PARAMETERS, SCHEMAS, wantsCompletionTokens } from "./request-parameters.mjs";

/** @import { Marks } from "./marks.mjs" */
/** @import { Random } from "./random.mjs" */
/** @import { Format, ServingType } from "./request-parameters.mjs" */

/**
 * Makes a valid request. `parameters` are its parameters by name (`oci.` ones too), `marks` the
 * texts that its body must contain.
 *
 * @param {Format} format
 * @param {Random} random
 * @param {ServingType} mode
 */
export function makeRequest(format, random, mode) {
  const marks = makeMarks();
  const model = random.pick(MODELS[format][mode]);
  const prefix = random.chance(0.1) ? "oci:" : "";
  /** @type {Record<string, any>} */
  const request = { model: prefix + model };
  /** @type {Record<string, any>} */
  const parameters = {};
  /**
   * @param {string} name
   * @param {unknown} value
   */
  const set = (name, value) => {
    parameters[name] = value;
    if (name.startsWith("oci.")) (request.oci ??= {})[name.slice(4)] = value;
    else request[name] = value;
  };
  const tools = random.chance(0.5) ? makeTools(random, marks, format) : [];
  for (const [name, { make }] of Object.entries(PARAMETERS[format])) {
    // Null is the same as absent.
    if (random.chance(0.25)) set(name, random.chance(0.05) ? null : make(random, marks));
  }
  request.messages = makeMessages(random, marks, format, model);
  if (tools.length > 0) set("tools", tools);
  if (random.chance(tools.length > 0 ? 0.6 : 0.05)) set("tool_choice", makeChoice(random, format, tools));
  if (random.chance(0.3)) set("response_format", makeFormat(random));
  if (random.chance(0.3)) set("stop", random.pick(["END", ["END"], ["a", "b\n", "c", "d"]]));
  const isRenamed = format === "openai" && wantsCompletionTokens(model);
  for (const name of isRenamed ? ["max_completion_tokens"] : ["max_tokens", "max_completion_tokens"]) {
    if (random.chance(0.35)) set(name, random.between(1, 4000));
  }
  if (format === "GENERIC" && random.chance(0.15)) set("oci.max_completion_tokens", random.between(1, 4000));
  if ((format === "GENERIC" || format === "openai") && random.chance(0.3)) {
    set("logprobs", random.chance(0.8));
    if (random.chance(0.6)) set("top_logprobs", random.between(0, 20));
  }
  // To forbid calls on COHERE is to send no tools.
  marks.lists[format === "COHERE" && parameters.tool_choice === "none" ? "unsent" : "sent"].push(
    ...marks.lists.ofTools,
  );
  // The order of keys does not matter.
  const isReversed = random.chance(0.5);
  const ordered = isReversed ? Object.fromEntries(Object.entries(request).toReversed()) : request;
  return { request: ordered, marks, model, parameters, mode };
}

/**
 * @param {Random} random
 * @param {Marks} marks
 * @param {Format} format
 */
function makeTools(random, marks, format) {
  return Array.from({ length: random.between(1, 3) }, (_, at) => {
    /** @type {Record<string, any> & { name: string }} */
    const made = { name: `tool_${at}-${random.below(9)}` };
    if (random.chance(0.8)) made.description = marks.ofTools(random);
    if (random.chance(0.85)) made.parameters = random.pick(SCHEMAS);
    if (random.chance(0.3)) made.strict = format === "openai" ? true : random.pick([true, false, null]);
    return { type: "function", function: made };
  });
}

/**
 * @param {Random} random
 * @param {Format} format
 * @param {ReturnType<typeof makeTools>} tools
 */
function makeChoice(random, format, tools) {
  if (tools.length === 0) return "none";
  const named = { type: "function", function: { name: random.pick(tools).function.name } };
  if (format === "COHERE") return random.pick(["auto", "none"]);
  if (format === "COHEREV2" && tools.length > 1) return random.pick(["auto", "none", "required"]);
  return random.pick(["auto", "none", "required", named]);
}

/** @param {Random} random */
function makeFormat(random) {
  /** @type {Record<string, unknown>} */
  const json_schema = { name: "answer" };
  if (random.chance(0.5)) json_schema.description = "The answer.";
  if (random.chance(0.8)) json_schema.schema = random.pick(SCHEMAS.slice(0, 2));
  if (random.chance(0.5)) json_schema.strict = random.chance(0.5);
  return random.pick([{ type: "text" }, { type: "json_object" }, { type: "json_schema", json_schema }]);
}

/**
 * @param {Random} random
 * @param {Marks} marks
 * @param {Format} format
 * @param {string} model
 */
function makeMessages(random, marks, format, model) {
  /** @type {Record<string, unknown>[]} */
  const messages = [];
  const text = () => marks.once(random);
  /** @param {() => unknown} make */
  const content = (make) => (random.chance(0.5) ? text() : Array.from({ length: random.between(1, 3) }, () => make()));
  const textPart = () => ({ type: "text", text: text() });
  /**
   * Cohere's messages have no name, and Gemini's system messages are merged.
   * @param {Record<string, unknown>} message
   */
  const withName = (message) => {
    const isMerged = isGoogle(model) && /system|developer/.test(String(message.role));
    const kept = format === "openai" || (format === "GENERIC" && !isMerged);
    if (random.chance(0.2)) message.name = kept ? marks.name() : "somebody";
    return message;
  };
  const system = () =>
    messages.push(withName({ role: random.pick(["system", "developer"]), content: content(textPart) }));
  const user = () => messages.push(withName({ role: "user", content: content(() => userPart(random, marks, format)) }));
  let calls = 0;
  const round = () => {
    const made = Array.from({ length: random.between(1, 3) }, () => {
      calls += 1;
      const written = random.pick([`{"city":"${calls}"}`, "{}", "", ' { "deep": {"a": [1, null, "x"]} } ']);
      const called = { name: random.pick(["look", "find_it"]), arguments: written };
      return { id: `call_${calls}`, type: "function", function: called };
    });
    /** @type {Record<string, unknown>} */
    const turn = { role: "assistant", tool_calls: made };
    if (random.chance(0.7)) turn.content = random.pick([() => null, () => "", text])();
    messages.push(withName(turn));
    const results = made.map(({ id }) => ({ role: "tool", tool_call_id: id, content: toolContent() }));
    messages.push(...(random.chance(0.3) ? results.toReversed() : results));
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
    /** @type {Record<string, unknown>} */
    const turn = { role: "assistant" };
    const thought = () => (format === "COHERE" ? marks.unsent(random) : text());
    /** @type {(() => unknown)[]} */
    const thoughts = [
      () => ({ type: "thinking", thinking: thought() }),
      () => ({ type: "reasoning", text: thought() }),
    ];
    const parts = [textPart, () => ({ type: "refusal", refusal: text() }), ...(format === "openai" ? [] : thoughts)];
    turn.content = random.chance(0.1) ? "" : content(() => random.pick(parts)());
    if (random.chance(0.15)) turn.refusal = random.chance(0.3) ? null : text();
    if (format !== "openai" && random.chance(0.15)) turn[random.pick(["reasoning_content", "reasoning"])] = thought();
    messages.push(withName(turn));
  };

  for (let count = random.pick([0, 1, 1, 2]); count > 0; count -= 1) system();
  for (let count = random.below(4); count > 0; count -= 1) {
    user();
    if (random.chance(0.5)) round();
    // A model may call again, and turns may be missing in a conversation that was edited.
    if (random.chance(0.2)) round();
    if (random.chance(0.8)) assistant();
    if (random.chance(0.1)) system();
  }
  user();
  if (random.chance(0.25)) round();
  return messages;
}

/**
 * @param {Random} random
 * @param {Marks} marks
 * @param {Format} format
 */
function userPart(random, marks, format) {
  const text = () => marks.once(random);
  /** @param {string} kind */
  const https = (kind) => `https://files.example/${kind}?${text()}`;
  /** @param {string} type */
  const data = (type) => `data:${type};base64,QUJD${text()}`;
  /** @param {string} url */
  const media = (url) => ({ url, ...(random.chance(0.6) && { detail: random.pick(["auto", "low", "high"]) }) });
  /** @type {Record<string, () => unknown>} */
  const parts = {
    text: () => ({ type: "text", text: text() }),
    image: () => ({ type: "image_url", image_url: media(random.pick([https, data])("image/png")) }),
    imageUrl: () => ({ type: "image_url", image_url: https("picture") }),
    audio: () => ({ type: "input_audio", input_audio: { data: `QUJD${text()}`, format: random.pick(["wav", "mp3"]) } }),
    audioUrl: () => ({ type: "audio_url", audio_url: media(https("sound")) }),
    video: () => ({ type: "video_url", video_url: media(data("video/mp4")) }),
    fileUrl: () => ({ type: "document_url", document_url: media(https("paper")) }),
    file: () => {
      const file_data = random.chance(0.5) ? data("application/pdf") : `QUJD${text()}`;
      return { type: "file", file: { file_data, filename: "a.pdf" } };
    },
    videoFile: () => ({ type: "file", file: { file_data: data("video/mp4") } }),
    document: () => ({ type: "document", document: { id: "d", text: text() } }),
  };
  const supported = {
    GENERIC: ["text", "image", "imageUrl", "audio", "audioUrl", "video", "fileUrl", "file", "videoFile"],
    COHERE: ["text"],
    COHEREV2: ["text", "image", "imageUrl", "document"],
    openai: ["text", "image", "audio", "file"],
  };
  return parts[random.pick(supported[format])]?.();
}

// What is streamed: synthetic answers in the shapes of the recordings, the same bytes in every run.

/** @import { BenchRequest, Corpus } from "./types.d.ts" */

/** Events of text in an answer, besides the few that start and end the stream. */
const LENGTH = 2000;

/** An endpoint's OCID of the usual length, of no tenancy. Chunks repeat it, so its length matters. */
export const MODEL = `ocid1.generativeaiendpoint.oc1.us-chicago-1.${"bench".repeat(12)}`;

export const COMPARTMENT = "ocid1.compartment.oc1..bench";

// Tokens as tokenisers make them: most are a space and a word, some a part of a word, few punctuation.
const WORDS = `
  the of and to in a is that it for on with as are this be by from or which an at cluster model endpoint stream token
  each when request answer memory region dedicated service network parser chunk because performance between function
  available therefore however instead example configuration
`;
const WORD_PARTS = ["ing", "ed", "ly", "tion", "s", "re", "un", ",", ".", " -", "1", "20", "ization"];
const ASCII = [...WORDS.trim().split(/\s+/).map((word) => ` ${word}`), ...WORD_PARTS];
const LINE_ENDS = [".\n\n", ":\n", "\n", ' "', '"', "\n\n- ", " `", "\\"];
const MULTIBYTE = [
  "東京", "の", "は", "です", "クラスタ", "。", " für", " Größe", "é", " naïve", "ство", " это", " модель", "한국",
  "🚀", " 🦀", "—", "…", "“", "”",
];
const REASONING = [
  " Let", " me", " think", " about", " what", " was", " asked", ".", " First", ",", " then", " so", "\n",
];
const ESCAPED = [
  '"quoted"', "\n\n", "\\", "\u2028", "\u2029", "\t", "</script>", "\u0001", "é", "🦀", "{", "}", "data: ",
  "[DONE]",
];
const TOOL_NAMES = ["get_weather", "search_documents", "run_query"];
const TOOLS = TOOL_NAMES.map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { query: { type: "string" } } } },
}));

const DONE = "data: [DONE]\n\n";

/** @typedef {{ apiFormat: Corpus["apiFormat"], hasTools?: boolean, includeUsage?: boolean }} Features */

/** @type {Record<string, Features & { make: (length: number) => string[] }>} */
const DEFINITIONS = {
  generic: { apiFormat: "GENERIC", make: (length) => generic(1, "ascii", length) },
  multibyte: { apiFormat: "GENERIC", make: (length) => generic(2, "multibyte", length) },
  cohere: { apiFormat: "COHERE", make: (length) => cohere(3, length) },
  tools: { apiFormat: "GENERIC", hasTools: true, make: (length) => tools(4, length) },
  mixture: { apiFormat: "GENERIC", hasTools: true, includeUsage: true, make: (length) => mixture(5, length) },
  // Not in the grid: one short answer of 20 events, warm and cold.
  short: { apiFormat: "GENERIC", make: () => generic(6, "ascii", 17) },
};

/** The corpora of the grid. */
export const CORPORA = ["generic", "multibyte", "cohere", "tools", "mixture"];

/**
 * @param {string} name
 * @param {number} [length] A multiple of 200.
 * @returns {Corpus}
 */
export function corpusOf(name, length = LENGTH) {
  const { apiFormat, includeUsage = false, hasTools = false, make } = DEFINITIONS[name];
  /** @type {BenchRequest} */
  const request = {
    model: MODEL,
    messages: [{ role: "user", content: "What is a cluster?" }],
    max_tokens: 4000,
    ...(hasTools && { tools: TOOLS }),
    ...(includeUsage && { stream_options: { include_usage: true } }),
  };
  return { name, apiFormat, includeUsage, request, events: make(length) };
}

/** The random tokens of one seed, and the service's padding of 1 to 12 letters. */
class TokenSource {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `limit`, by mulberry32: Math.random can't be seeded. */
  below(/** @type {number} */ limit) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  oneOf(/** @type {string[]} */ list) {
    return list[this.below(list.length)];
  }

  pad() {
    return "a".repeat(1 + this.below(12));
  }

  /** Three in a hundred contain something that JSON escapes: the usual density of line ends and quotes. */
  ascii() {
    return this.below(100) < 3 ? this.oneOf(LINE_ENDS) : this.oneOf(ASCII);
  }

  multibyte() {
    return this.below(100) < 30 ? this.oneOf(MULTIBYTE) : this.ascii();
  }
}

/**
 * GENERIC text, as recorded: an empty token first, the finish reason in an event of its own.
 *
 * @param {number} seed
 * @param {"ascii" | "multibyte"} kind
 * @param {number} length
 */
function generic(seed, kind, length) {
  const source = new TokenSource(seed);
  const texts = Array.from({ length }, () => textEvent(source[kind](), source.pad()));
  return [textEvent("", source.pad()), ...texts, finishEvent("stop", source.pad()), DONE];
}

/**
 * COHERE text, as recorded: the last event repeats the whole text, and there is no [DONE].
 *
 * @param {number} seed
 * @param {number} length
 */
function cohere(seed, length) {
  const source = new TokenSource(seed);
  const tokens = Array.from({ length }, () => source.ascii());
  const whole = tokens.join("");
  const chatHistory = [
    { role: "USER", message: "What is a cluster?" },
    { role: "CHATBOT", message: whole },
  ];
  const usage = { completionTokens: length, promptTokens: 12, totalTokens: length + 12 };
  const texts = tokens.map((text) => eventOf({ apiFormat: "COHERE", text, pad: source.pad() }));
  const last = { apiFormat: "COHERE", text: whole, chatHistory, finishReason: "COMPLETE", pad: source.pad(), usage };
  return [...texts, eventOf(last)];
}

/**
 * GENERIC tool calls, fragmented as vLLM does.
 *
 * @param {number} seed
 * @param {number} length
 */
function tools(seed, length) {
  const source = new TokenSource(seed);
  const finish = eventOf({
    message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", arguments: "" }] },
    finishReason: "tool_calls",
    pad: source.pad(),
  });
  return [textEvent("", source.pad()), ...toolCalls(source, length / 200, 199), finish, DONE];
}

/**
 * Everything that GENERIC has: reasoning, text with whatever JSON escapes, tool calls, usage.
 *
 * @param {number} seed
 * @param {number} length
 */
function mixture(seed, length) {
  const source = new TokenSource(seed);
  const reasoning = Array.from({ length: length * 0.2 }, () => {
    const message = { role: "ASSISTANT", reasoningContent: source.oneOf(REASONING) };
    return eventOf({ index: 0, message, pad: source.pad() });
  });
  const texts = Array.from({ length: length * 0.6 }, () => {
    const token = source.below(100) < 20 ? source.oneOf(ESCAPED) : source.multibyte();
    const event = textEvent(token, source.pad());
    // Some servers escape everything that is not ASCII.
    return source.below(100) < 20 ? escapeNonAscii(event) : event;
  });
  const usage = { completionTokens: length, promptTokens: 43, totalTokens: length + 43 };
  const finish = eventOf({ message: { role: "ASSISTANT" }, finishReason: "tool_calls", pad: source.pad() });
  return [
    textEvent("", source.pad()),
    ...reasoning,
    ...texts,
    ...toolCalls(source, 4, length * 0.05 - 1),
    finish,
    eventOf({ usage, pad: source.pad() }),
    DONE,
  ];
}

/**
 * Tool calls one after another, each with an id and a name first and then the fragments of its arguments.
 *
 * @param {TokenSource} source
 * @param {number} count
 * @param {number} fragments
 */
function toolCalls(source, count, fragments) {
  return Array.from({ length: count }, (_, index) => {
    const name = source.oneOf(TOOL_NAMES);
    const lines = Array.from({ length: fragments }, () => source.ascii());
    const json = JSON.stringify({ query: "", lines, limit: source.below(100) });
    const id = `chatcmpl-tool-${index}${source.below(1e9).toString(16)}`;
    const first = toolCallEvent({ id, name }, source.pad());
    return [first, ...slices(json, fragments).map((part) => toolCallEvent({ arguments: part }, source.pad()))];
  }).flat();
}

/**
 * Cut anywhere: a cut may follow a backslash.
 *
 * @param {string} text
 * @param {number} count
 */
function slices(text, count) {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, index) => text.slice(index * size, (index + 1) * size)).filter(Boolean);
}

/**
 * @param {string} text
 * @param {string} pad
 */
function textEvent(text, pad) {
  return eventOf({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] }, pad });
}

/**
 * @param {object} call
 * @param {string} pad
 */
function toolCallEvent(call, pad) {
  return eventOf({ index: 0, message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", ...call }] }, pad });
}

/**
 * @param {string} finishReason
 * @param {string} pad
 */
function finishEvent(finishReason, pad) {
  return eventOf({ message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "" }] }, finishReason, pad });
}

function eventOf(/** @type {object} */ data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function escapeNonAscii(/** @type {string} */ text) {
  const escape = (/** @type {string} */ unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // "\n" ends the event; JSON.stringify has escaped those of the text, and the other control characters.
  return text.replaceAll(/[^\n -~]/g, escape);
}

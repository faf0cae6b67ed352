// What is streamed: made-up answers in the shapes of the recordings, the same bytes at every run.

/** Events of text in an answer, beside the few that open and close the stream. */
const LENGTH = 2000;

/** An endpoint's OCID of the usual length, of no tenancy. Chunks repeat it, so its length counts. */
export const MODEL = `ocid1.generativeaiendpoint.oc1.us-chicago-1.${"bench".repeat(12)}`;

export const COMPARTMENT = "ocid1.compartment.oc1..bench";

// Pieces as tokenisers make them: most of a space and a word, some of a part of a word, few of punctuation.
const WORDS =
  " the of and to in a is that it for on with as are this be by from or which an at cluster model endpoint stream token each when" +
  " request answer memory region dedicated service network parser chunk because performance between function available therefore" +
  " however instead example configuration";
const ASCII = [
  ...WORDS.trim()
    .split(" ")
    .map((word) => ` ${word}`),
  "ing",
  "ed",
  "ly",
  "tion",
  "s",
  "re",
  "un",
  ",",
  ".",
  " -",
  "1",
  "20",
  "ization",
];
const LINE_ENDS = [".\n\n", ":\n", "\n", ' "', '"', "\n\n- ", " `", "\\"];
const MULTIBYTE = [
  "東京",
  "の",
  "は",
  "です",
  "クラスタ",
  "。",
  " für",
  " Größe",
  "é",
  " naïve",
  "ство",
  " это",
  " модель",
  "한국",
  "🚀",
  " 🦀",
  "—",
  "…",
  "“",
  "”",
];
const REASONING = [" Let", " me", " think", " about", " what", " was", " asked", ".", " First", ",", " then", " so", "\n"];
const HARD = ['"quoted"', "\n\n", "\\", "\u2028", "\u2029", "\t", "</script>", "\u0001", "é", "🦀", "{", "}", "data: ", "[DONE]"];

/** A small generator of numbers (mulberry32): Math.random can't be seeded. */
function randomOf(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const DONE = "data: [DONE]\n\n";

/** How one seed speaks: tokens, and the service's filler of 1 to 12 letters. */
function speaker(seed) {
  const below = randomOf(seed);
  const oneOf = (list) => list[below(list.length)];
  return {
    below,
    oneOf,
    pad: () => "a".repeat(1 + below(12)),
    // Three in a hundred hold something that JSON escapes: the usual density of line ends and quotes.
    ascii: () => (below(100) < 3 ? oneOf(LINE_ENDS) : oneOf(ASCII)),
    multibyte: () => (below(100) < 30 ? oneOf(MULTIBYTE) : below(100) < 3 ? oneOf(LINE_ENDS) : oneOf(ASCII)),
  };
}

const text = (text, pad) => event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] }, pad });
const ended = (finishReason, pad) =>
  event({ message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "" }] }, finishReason, pad });
const called = (call, pad) =>
  event({ index: 0, message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", ...call }] }, pad });

/** GENERIC text, as recorded: an empty piece first, the finish in an event of its own. */
function generic(seed, word, length) {
  const { pad, ...says } = speaker(seed);
  const said = Array.from({ length }, () => text(says[word](), pad()));
  return [text("", pad()), ...said, ended("stop", pad()), DONE];
}

/** COHERE text, as recorded: the last event says everything again, and there is no [DONE]. */
function cohere(seed, length) {
  const { ascii, pad } = speaker(seed);
  const words = Array.from({ length: length }, ascii);
  const whole = words.join("");
  const chatHistory = [
    { role: "USER", message: "What is a cluster?" },
    { role: "CHATBOT", message: whole },
  ];
  const usage = { completionTokens: length, promptTokens: 12, totalTokens: length + 12 };
  const said = words.map((text) => event({ apiFormat: "COHERE", text, pad: pad() }));
  return [...said, event({ apiFormat: "COHERE", text: whole, chatHistory, finishReason: "COMPLETE", pad: pad(), usage })];
}

/** Calls one after another, each opened by an id and a name and followed by pieces of its arguments. */
function calls(says, count, pieces) {
  const { oneOf, below, pad, ascii } = says;
  return Array.from({ length: count }, (_, at) => {
    const name = oneOf(TOOL_NAMES);
    let json = JSON.stringify({ query: "", lines: Array.from({ length: pieces }, () => ascii()), limit: below(100) });
    // As many pieces as asked for, cut anywhere: a cut may fall behind a backslash.
    const size = Math.ceil(json.length / pieces);
    const parts = Array.from({ length: pieces }, () => {
      const part = json.slice(0, size);
      json = json.slice(size);
      return part;
    }).filter(Boolean);
    const opener = called({ id: `chatcmpl-tool-${at}${below(1e9).toString(16)}`, name }, pad());
    return [opener, ...parts.map((part) => called({ arguments: part }, pad()))];
  }).flat();
}

/** GENERIC tool calls, fragmented as vLLM does. */
function tools(seed, length) {
  const says = speaker(seed);
  const finish = event({
    message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", arguments: "" }] },
    finishReason: "tool_calls",
    pad: says.pad(),
  });
  return [text("", says.pad()), ...calls(says, length / 200, 199), finish, DONE];
}

/** Everything that GENERIC has: reasoning, text with whatever JSON escapes, tool calls, usage. */
function mixture(seed, length) {
  const says = speaker(seed);
  const { oneOf, below, pad } = says;
  const reasoned = Array.from({ length: length * 0.2 }, () =>
    event({ index: 0, message: { role: "ASSISTANT", reasoningContent: oneOf(REASONING) }, pad: pad() }),
  );
  const said = Array.from({ length: length * 0.6 }, () => {
    const written = text(below(100) < 20 ? oneOf(HARD) : says.multibyte(), pad());
    // Some servers write what is not ASCII as escapes.
    return below(100) < 20 ? escaped(written) : written;
  });
  const usage = { completionTokens: length, promptTokens: 43, totalTokens: length + 43 };
  const finish = event({ message: { role: "ASSISTANT" }, finishReason: "tool_calls", pad: pad() });
  return [
    text("", pad()),
    ...reasoned,
    ...said,
    ...calls(says, 4, length * 0.05 - 1),
    finish,
    event({ usage, pad: pad() }),
    DONE,
  ];
}

const escaped = (json) => json.replace(/[^\x00-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const TOOL_NAMES = ["get_weather", "search_documents", "run_query"];
const TOOLS = TOOL_NAMES.map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { query: { type: "string" } } } },
}));

const made = {
  generic: { apiFormat: "GENERIC", make: (length) => generic(1, "ascii", length) },
  multibyte: { apiFormat: "GENERIC", make: (length) => generic(2, "multibyte", length) },
  cohere: { apiFormat: "COHERE", make: (length) => cohere(3, length) },
  tools: { apiFormat: "GENERIC", hasTools: true, make: (length) => tools(4, length) },
  mixture: { apiFormat: "GENERIC", hasTools: true, includeUsage: true, make: (length) => mixture(5, length) },
  // Not in the grid: one short answer, warm and cold, of 20 events.
  short: { apiFormat: "GENERIC", make: () => generic(6, "ascii", 17) },
};

/** The corpora of the grid. */
export const CORPORA = ["generic", "multibyte", "cohere", "tools", "mixture"];

/** A corpus: its events as OCI writes them, and the request that gets them. `length` is a multiple of 200. */
export function corpusOf(name, length = LENGTH) {
  const { apiFormat, includeUsage = false, hasTools = false, make } = made[name];
  const request = {
    model: MODEL,
    messages: [{ role: "user", content: "What is a cluster?" }],
    max_tokens: 4000,
    ...(hasTools && { tools: TOOLS }),
    ...(includeUsage && { stream_options: { include_usage: true } }),
  };
  return { name, apiFormat, includeUsage, request, events: make(length) };
}

// The answer of stream n, as OCI's bytes, and as the OpenAI bytes that a caller must receive. Both
// are written here from the same texts, independently of the package.

/** @typedef {{ id: string, created: number }} Head what the gateway generates for an answer */

const WORDS = [" the", " naïve", ",", " and", " 東京", ' "quoted"', " 😀", "\n", " straße", " back\\slash", " more"];
const LINE = "\n\n";

/**
 * The texts of stream n. No two streams have a text in common, so that one that reaches another
 * caller is noticed.
 *
 * @param {number} stream
 * @param {number} tokens
 */
export function textsOf(stream, tokens) {
  /** @param {number} at */
  const word = (at) => WORDS[(stream * 7 + at) % WORDS.length];
  return Array.from({ length: tokens }, (_, at) => `${word(at)} ${stream.toString(36)}.${at.toString(36)}`);
}

/**
 * GENERIC events as recorded: deltas, a finish without index, usage after it, [DONE].
 *
 * @param {number} stream
 * @param {number} tokens
 */
export function ociEvents(stream, tokens) {
  /** @param {number} at */
  const pad = (at) => "a".repeat(1 + ((at * 7 + stream) % 12));
  /** @param {string} text */
  const message = (text) => ({ role: "ASSISTANT", content: [{ type: "TEXT", text }] });
  /** @type {object[]} */
  const events = textsOf(stream, tokens).map((text, at) => ({ index: 0, message: message(text), pad: pad(at) }));
  events.push({ message: message(""), finishReason: "stop", pad: pad(tokens) });
  events.push({ usage: usage(stream, tokens), pad: pad(tokens + 1) });
  return [...events.map((event) => `data: ${JSON.stringify(event)}${LINE}`), `data: [DONE]${LINE}`];
}

/**
 * @param {number} stream
 * @param {number} tokens
 */
function usage(stream, tokens) {
  return { completionTokens: tokens, promptTokens: 10 + stream, totalTokens: tokens + 10 + stream };
}

/**
 * OpenAI's events.
 *
 * @param {number} stream
 * @param {number} tokens
 * @param {Head} head
 * @param {string} model
 * @param {boolean} includeUsage
 */
export function openaiEvents(stream, tokens, { id, created }, model, includeUsage) {
  /**
   * @param {object[]} choices
   * @param {object | null} used
   */
  const write = (choices, used = null) => {
    const head = { id, object: "chat.completion.chunk", created, model };
    return `data: ${JSON.stringify({ ...head, choices, ...(includeUsage && { usage: used }) })}${LINE}`;
  };
  const events = textsOf(stream, tokens).map((content, at) =>
    write([{ index: 0, delta: { ...(at === 0 && { role: "assistant" }), content }, finish_reason: null }]),
  );
  events.push(write([{ index: 0, delta: {}, finish_reason: "stop" }]));
  if (includeUsage) {
    const { completionTokens, promptTokens, totalTokens } = usage(stream, tokens);
    const counts = { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens };
    events.push(write([], counts));
  }
  return [...events, `data: [DONE]${LINE}`].join("");
}

/**
 * Compares a received answer byte for byte: its id when it is exact, or `fault`. The id and the
 * time are read from its first event, and must be the same in the others.
 *
 * @param {Buffer} received
 * @param {number} stream
 * @param {number} tokens
 * @param {string} model
 * @param {boolean} includeUsage
 * @returns {{ id?: string, fault?: string }}
 */
export function compare(received, stream, tokens, model, includeUsage) {
  const start = /^data: \{"id":"(chatcmpl-[0-9a-f]{24})","object":"chat\.completion\.chunk","created":(\d{10}),/;
  const [, id, created] = start.exec(received.toString("latin1", 0, 120)) ?? [];
  if (!id) return { fault: `no head in ${JSON.stringify(received.toString("utf8", 0, 200))}` };
  const expected = Buffer.from(openaiEvents(stream, tokens, { id, created: Number(created) }, model, includeUsage));
  if (received.equals(expected)) return { id };
  const at = expected.findIndex((byte, index) => received[index] !== byte);
  /** @param {Buffer} bytes */
  const around = (bytes) => JSON.stringify(bytes.toString("utf8", Math.max(0, at - 40), at + 60));
  const where = `stream ${stream}, byte ${at} of ${expected.length}`;
  return { fault: `${where}: got ${around(received)}, expected ${around(expected)}` };
}

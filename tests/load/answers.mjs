// What the model says in stream n, as OCI's bytes and as the OpenAI bytes that are to come of them. Both are written here from
// the same list of texts, and by nothing of the package.

const WORDS = [" the", " naïve", ",", " and", " 東京", " \"quoted\"", " 😀", "\n", " straße", " back\\slash", " more"];
const LINE = "\n\n";

/** The texts of stream n: no two streams have one in common, so that one that reaches another caller shows. */
export function textsOf(stream, tokens) {
  const word = (at) => WORDS[(stream * 7 + at) % WORDS.length];
  return Array.from({ length: tokens }, (_, at) => `${word(at)} ${stream.toString(36)}.${at.toString(36)}`);
}

/** GENERIC, as recorded: bare deltas, a finish without index, usage after it, [DONE]. */
export function ociEvents(stream, tokens) {
  const pad = (at) => "a".repeat(1 + ((at * 7 + stream) % 12));
  const message = (text) => ({ role: "ASSISTANT", content: [{ type: "TEXT", text }] });
  const events = textsOf(stream, tokens).map((text, at) => ({ index: 0, message: message(text), pad: pad(at) }));
  events.push({ message: message(""), finishReason: "stop", pad: pad(tokens) });
  events.push({ usage: usage(stream, tokens), pad: pad(tokens + 1) });
  return [...events.map((event) => `data: ${JSON.stringify(event)}${LINE}`), `data: [DONE]${LINE}`];
}

function usage(stream, tokens) {
  return { completionTokens: tokens, promptTokens: 10 + stream, totalTokens: tokens + 10 + stream };
}

/** OpenAI's events. `head` is what the gateway makes up itself: the id and the time. */
export function openaiEvents(stream, tokens, { id, created }, model, includeUsage) {
  const write = (choices, used = null) => {
    const chunk = { id, object: "chat.completion.chunk", created, model, choices, ...(includeUsage && { usage: used }) };
    return `data: ${JSON.stringify(chunk)}${LINE}`;
  };
  const events = textsOf(stream, tokens).map((content, at) =>
    write([{ index: 0, delta: { ...(at === 0 && { role: "assistant" }), content }, finish_reason: null }]),
  );
  events.push(write([{ index: 0, delta: {}, finish_reason: "stop" }]));
  if (includeUsage) {
    const { completionTokens, promptTokens, totalTokens } = usage(stream, tokens);
    events.push(write([], { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens }));
  }
  return [...events, `data: [DONE]${LINE}`].join("");
}

/** What is wrong with a received answer, or undefined. The id and the time are taken from its first event, and must stay. */
export function wrongWith(received, stream, tokens, model, includeUsage) {
  const start = /^data: \{"id":"(chatcmpl-[0-9a-f]{24})","object":"chat\.completion\.chunk","created":(\d{10}),/;
  const head = start.exec(received.toString("latin1", 0, 120));
  if (!head) return { why: `no head in ${JSON.stringify(received.toString("utf8", 0, 200))}` };
  const [, id, created] = head;
  const expected = Buffer.from(openaiEvents(stream, tokens, { id, created: Number(created) }, model, includeUsage));
  if (received.equals(expected)) return { id };
  const at = expected.findIndex((byte, index) => received[index] !== byte);
  const around = (bytes) => JSON.stringify(bytes.toString("utf8", Math.max(0, at - 40), at + 60));
  return { why: `stream ${stream}, byte ${at} of ${expected.length}: got ${around(received)}, wanted ${around(expected)}` };
}

// OCI's event objects to OpenAI's chunk objects, by hand. Chunks with text come from one object literal, so that all of
// them have one hidden class.

/** @import { Corpus } from "../types.d.ts" */

/** @typedef {{ id: string, created: number, model: string }} Head What all chunks of a stream share. */
/** @typedef {(index: number, delta: object, finishReason: string | null) => object} ChunkMaker */
/** @typedef {(index: number, text: string) => unknown} TextMaker Makes the item for an event with text alone. */
/** @typedef {(event: any, chunks: unknown[]) => void} Mapper Adds the chunks of one event to the list. */

/** @type {Record<string, string>} */
const FINISH = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  COMPLETE: "stop",
  MAX_TOKENS: "length",
  ERROR_TOXIC: "content_filter",
};

/** @returns {Head} */
export function headOf(/** @type {string} */ model) {
  return { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
}

/**
 * @param {Pick<Corpus, "apiFormat" | "includeUsage">} corpus
 * @param {Head} head
 * @param {TextMaker} [makeText] Without it, text becomes a chunk object.
 * @returns {Mapper}
 */
export function mapperOf({ apiFormat, includeUsage }, head, makeText) {
  const chunk = chunkMaker(head, includeUsage);
  const ofText = makeText ?? ((index, content) => chunk(index, { content }, null));
  const mapper = apiFormat === "COHERE" ? cohere : generic;
  return mapper(head, includeUsage, chunk, ofText);
}

/**
 * Makes chunks of one shape.
 *
 * @param {Head} head
 * @param {boolean} includeUsage
 * @returns {ChunkMaker}
 */
export function chunkMaker({ id, created, model }, includeUsage) {
  if (includeUsage) {
    return (index, delta, finish_reason) => ({
      id,
      object: "chat.completion.chunk",
      created,
      model,
      choices: [{ index, delta, finish_reason }],
      usage: null,
    });
  }
  return (index, delta, finish_reason) => ({
    id,
    object: "chat.completion.chunk",
    created,
    model,
    choices: [{ index, delta, finish_reason }],
  });
}

/**
 * @param {Head} head
 * @param {{ completionTokens?: number, promptTokens?: number, totalTokens?: number }} usage
 */
function usageChunk({ id, created, model }, { completionTokens = 0, promptTokens = 0, totalTokens = 0 }) {
  const usage = { completion_tokens: completionTokens, prompt_tokens: promptTokens, total_tokens: totalTokens };
  return { id, object: "chat.completion.chunk", created, model, choices: [], usage };
}

/**
 * @param {Head} head
 * @param {boolean} includeUsage
 * @param {ChunkMaker} chunk
 * @param {TextMaker} ofText
 * @returns {Mapper}
 */
function generic(head, includeUsage, chunk, ofText) {
  let roleSent = false;
  let calls = 0;

  return (event, chunks) => {
    const { message } = event;
    if (message) {
      const index = event.index ?? 0;
      const text = textOf(message.content);
      if (text) {
        if (roleSent) chunks.push(ofText(index, text));
        else pushFirst({ content: text });
      }
      if (message.reasoningContent) {
        const { reasoningContent } = message;
        if (roleSent) chunks.push(chunk(index, { reasoning_content: reasoningContent }, null));
        else pushFirst({ reasoning_content: reasoningContent });
      }
      if (message.toolCalls) {
        for (const call of message.toolCalls) {
          const delta = toolDelta(call);
          if (!delta) continue;
          if (roleSent) chunks.push(chunk(index, delta, null));
          else pushFirst(delta);
        }
      }
    }
    if (event.finishReason) chunks.push(chunk(event.index ?? 0, {}, FINISH[event.finishReason] ?? "stop"));
    if (event.usage && includeUsage) chunks.push(usageChunk(head, event.usage));

    function pushFirst(/** @type {object} */ delta) {
      roleSent = true;
      chunks.push(chunk(event.index ?? 0, { role: "assistant", ...delta }, null));
    }
  };

  /** @param {{ id?: string, name?: string, arguments?: string }} call */
  function toolDelta(call) {
    if (call.id || call.name) {
      const called = { name: call.name ?? "", arguments: call.arguments ?? "" };
      return { tool_calls: [{ index: calls++, id: call.id ?? `call_${calls}`, type: "function", function: called }] };
    }
    return call.arguments ? { tool_calls: [{ index: calls - 1, function: { arguments: call.arguments } }] } : undefined;
  }
}

/** @param {{ text?: string }[] | undefined} content */
function textOf(content) {
  if (!content || content.length === 0) return "";
  // Nearly every event has one part.
  if (content.length === 1) return content[0].text;
  return content.map(({ text }) => text ?? "").join("");
}

/**
 * @param {Head} head
 * @param {boolean} includeUsage
 * @param {ChunkMaker} chunk
 * @param {TextMaker} ofText
 * @returns {Mapper}
 */
function cohere(head, includeUsage, chunk, ofText) {
  let emitted = "";
  /** @type {{ name: string, parameters: unknown }[] | undefined} */
  let calls;

  return (event, chunks) => {
    const isLast = Boolean(event.finishReason);
    let { text } = event;
    // An event with one of these repeats the whole text.
    if (text && emitted && (isLast || event.chatHistory || event.toolCalls)) {
      text = text.startsWith(emitted) ? text.slice(emitted.length) : "";
    }
    if (text) {
      chunks.push(emitted ? ofText(0, text) : chunk(0, { role: "assistant", content: text }, null));
      emitted += text;
    }
    if (event.toolCalls && !calls) {
      /** @type {{ name: string, parameters: unknown }[]} */
      const toolCalls = event.toolCalls;
      calls = toolCalls;
      toolCalls.forEach(({ name, parameters }, index) => {
        const called = { name, arguments: JSON.stringify(parameters) };
        const call = { index, id: `call_${index}`, type: "function", function: called };
        chunks.push(chunk(0, { tool_calls: [call] }, null));
      });
    }
    if (isLast) {
      const finishReason = calls ? "tool_calls" : (FINISH[event.finishReason] ?? "stop");
      const finish = chunk(0, {}, finishReason);
      Object.assign(finish, { oci: { finish_reason: event.finishReason } });
      chunks.push(finish);
    }
    if (event.usage && includeUsage) chunks.push(usageChunk(head, event.usage));
  };
}

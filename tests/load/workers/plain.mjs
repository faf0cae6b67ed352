// The gateway that a developer would write without the package: eventsource-parser, JSON.parse,
// JSON.stringify, TextEncoder. It enqueues once for every network chunk, and does only what these
// streams need.

import { createParser } from "eventsource-parser";
import { HEADERS, sendToOci } from "./request.mjs";

/** @import { WorkerEnv } from "../types.d.ts" */

const encoder = new TextEncoder();

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   */
  async fetch(request, env) {
    const { rejection, response, model, includeUsage } = await sendToOci(request, env);
    if (rejection) return rejection;
    if (!response.ok) return new Response(await response.text(), { status: 502 });
    const body = /** @type {ReadableStream<Uint8Array>} */ (response.body);
    return new Response(transcode(body.getReader(), model, includeUsage), { headers: HEADERS });
  },
};

/**
 * @param {import("node:stream/web").ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {string} model
 * @param {boolean} includeUsage
 * @returns {ReadableStream<Uint8Array>}
 */
function transcode(reader, model, includeUsage) {
  const decoder = new TextDecoder();
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = `chatcmpl-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const created = Math.floor(Date.now() / 1000);
  /** @type {string | undefined} */
  let role = "assistant";
  let out = "";
  /**
   * @param {object[]} choices
   * @param {object | null} usage
   */
  const write = (choices, usage = null) => {
    /** @type {Record<string, unknown>} */
    const chunk = { id, object: "chat.completion.chunk", created, model, choices };
    if (includeUsage) chunk.usage = usage;
    out += `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const parser = createParser({
    onEvent({ data }) {
      if (data === "[DONE]") {
        out += "data: [DONE]\n\n";
        return;
      }
      const event = JSON.parse(data);
      if (event.usage && includeUsage) {
        const { completionTokens, promptTokens, totalTokens } = event.usage;
        write([], { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens });
      }
      const content = event.message?.content?.[0]?.text;
      if (content) {
        write([{ index: 0, delta: role ? { role, content } : { content }, finish_reason: null }]);
        role = undefined;
      }
      if (event.finishReason) write([{ index: 0, delta: {}, finish_reason: event.finishReason.toLowerCase() }]);
    },
  });
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return controller.close();
          parser.feed(decoder.decode(value, { stream: true }));
          if (out === "") continue;
          controller.enqueue(encoder.encode(out));
          out = "";
          return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

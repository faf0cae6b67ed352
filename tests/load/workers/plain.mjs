// The gateway that a developer would write without the package: eventsource-parser, JSON.parse, JSON.stringify, TextEncoder. It
// enqueues once for every network chunk, and does no more for these streams than it must.
import { createParser } from "eventsource-parser";

import { ask, HEADERS } from "./request.mjs";

const encoder = new TextEncoder();

export default {
  async fetch(request, env) {
    const { refused, response, model, includeUsage } = await ask(request, env);
    if (refused) return refused;
    if (!response.ok) return new Response(await response.text(), { status: 502 });
    return new Response(transcoded(response.body.getReader(), model, includeUsage), { headers: HEADERS });
  },
};

function transcoded(reader, model, includeUsage) {
  const decoder = new TextDecoder();
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = `chatcmpl-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const created = Math.floor(Date.now() / 1000);
  let role = "assistant";
  let out = "";
  const write = (choices, usage = null) => {
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

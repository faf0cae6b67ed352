// The best plain JavaScript that answers OpenAI's requests with OpenAI's events: one network chunk in, one out, when it is asked for.
import { createParser } from "eventsource-parser";

import { chunkMaker, headOf, mapperOf } from "./plain-mapper.mjs";
import { send } from "./plain-request.mjs";

const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/** As it is usually written: each chunk object through JSON.stringify. */
export function gateway(service, corpus) {
  return handler(service, corpus, () => mapperOf(corpus, headOf(corpus.request.model)));
}

/** What chunks have in common is written once, and of a plain one only the text goes through JSON.stringify. */
export function frugalGateway(service, corpus) {
  return handler(service, corpus, () => {
    const head = headOf(corpus.request.model);
    const [before, after] = JSON.stringify(chunkMaker(head, corpus.includeUsage)(0, { content: "?" }, null)).split('"?"');
    const [left, right] = [`data: ${before}`, `${after}\n\n`];
    // GENERIC's other choices than the first are asked for by `n` alone, which no request here does.
    return mapperOf(corpus, head, (_, content) => left + JSON.stringify(content) + right);
  });
}

function handler(service, corpus, makeMapper) {
  return async (request) => {
    const upstream = await send(service.fetch, corpus, await request.json());
    if (!upstream.ok) return new Response(upstream.body, { status: 502 });
    return new Response(transcoded(upstream.body, makeMapper()), { headers: HEADERS });
  };
}

function transcoded(body, map) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const items = [];
  let written = "";
  const parser = createParser({
    onEvent({ data }) {
      if (data === "[DONE]") return;
      map(JSON.parse(data), items);
      for (const item of items) written += typeof item === "string" ? item : `data: ${JSON.stringify(item)}\n\n`;
      items.length = 0;
    },
  });
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          const { value, done } = await reader.read();
          parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
          if (done) written += "data: [DONE]\n\n";
          if (!written) continue;
          controller.enqueue(encoder.encode(written));
          written = "";
          return done ? controller.close() : undefined;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

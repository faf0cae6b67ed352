// The best plain JavaScript that answers OpenAI's requests with OpenAI's events: on each pull, one network chunk in and
// one out.
import { createParser } from "eventsource-parser";

import { chunkMaker, headOf, mapperOf } from "./plain-mapper.mjs";
import { bodyOf, send } from "./plain-request.mjs";

/** @import { ContenderFactory, Corpus, Service } from "../types.d.ts" */
/** @import { Mapper } from "./plain-mapper.mjs" */

const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/**
 * As it is usually written: each chunk object goes through JSON.stringify.
 *
 * @type {ContenderFactory}
 */
export function gateway(service, corpus) {
  return handler(service, corpus, () => mapperOf(corpus, headOf(corpus.request.model)));
}

/**
 * What all chunks share is serialised once, and of a chunk with text alone only the text goes through JSON.stringify.
 *
 * @type {ContenderFactory}
 */
export function templateGateway(service, corpus) {
  return handler(service, corpus, () => {
    const head = headOf(corpus.request.model);
    const template = JSON.stringify(chunkMaker(head, corpus.includeUsage)(0, { content: "?" }, null));
    const [before, after] = template.split('"?"');
    const [left, right] = [`data: ${before}`, `${after}\n\n`];
    // The index is always 0: GENERIC has other choices with `n` above 1 only, which no request here has.
    return mapperOf(corpus, head, (_index, content) => left + JSON.stringify(content) + right);
  });
}

/**
 * @param {Service} service
 * @param {Corpus} corpus
 * @param {() => Mapper} makeMapper
 * @returns {(request: Request) => Promise<Response>}
 */
function handler(service, corpus, makeMapper) {
  return async (request) => {
    const upstream = await send(service.fetch, corpus, await request.json());
    if (!upstream.ok) return new Response(upstream.body, { status: 502 });
    return new Response(transcode(bodyOf(upstream), makeMapper()), { headers: HEADERS });
  };
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {Mapper} map
 * @returns {ReadableStream<Uint8Array>}
 */
function transcode(body, map) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  /** @type {unknown[]} */
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

// The `openai` package as it is used: a client, with the service's `fetch`.
import OpenAI from "openai";

import { headOf, mapperOf } from "./plain-mapper.mjs";

/** @import { BenchRequest, ContenderFactory, Service } from "../types.d.ts" */

/**
 * Reads OpenAI's events of the same answer: nothing is left to map.
 *
 * @type {ContenderFactory}
 */
export function chunks(service, corpus) {
  const openai = clientOf(service);
  return () => openai.chat.completions.create(streamed(corpus.request));
}

/**
 * Reads OCI's events as they are, and maps what it makes of them to chunks by hand.
 *
 * @type {ContenderFactory}
 */
export function mappedChunks(service, corpus) {
  const openai = clientOf(service);
  return async function* () {
    const map = mapperOf(corpus, headOf(corpus.request.model));
    /** @type {unknown[]} */
    const mapped = [];
    for await (const event of await openai.chat.completions.create(streamed(corpus.request))) {
      map(event, mapped);
      for (const chunk of mapped) yield chunk;
      mapped.length = 0;
    }
  };
}

function clientOf(/** @type {Service} */ service) {
  return new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "unused", fetch: service.fetch, maxRetries: 0 });
}

/** @returns {import("openai").OpenAI.Chat.ChatCompletionCreateParamsStreaming} */
function streamed(/** @type {BenchRequest} */ request) {
  return /** @type {any} */ ({ ...request, stream: true });
}

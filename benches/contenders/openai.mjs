// The `openai` package as it is used: a client, with the service's `fetch`.
import OpenAI from "openai";

import { headOf, mapperOf } from "./plain-mapper.mjs";

function clientOf(service) {
  return new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "unused", fetch: service.fetch, maxRetries: 0 });
}

/** It is given OpenAI's events of the same answer: nothing is left to be mapped. */
export function chunks(service, corpus) {
  const openai = clientOf(service);
  return () => openai.chat.completions.create({ ...corpus.request, stream: true });
}

/** It is given OCI's events as they are, and what it makes of them becomes chunks by hand. */
export function mappedChunks(service, corpus) {
  const openai = clientOf(service);
  return async function* () {
    const map = mapperOf(corpus, headOf(corpus.request.model));
    const made = [];
    for await (const event of await openai.chat.completions.create({ ...corpus.request, stream: true })) {
      map(event, made);
      for (const chunk of made) yield chunk;
      made.length = 0;
    }
  };
}

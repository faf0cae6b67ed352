// Vercel's event stream parser, without a schema, as the providers of its AI SDK use it. Its events become chunks by hand.
import { parseJsonEventStream } from "@ai-sdk/provider-utils";

import { headOf, mapperOf } from "./plain-mapper.mjs";
import { send } from "./plain-request.mjs";

export function chunks(service, corpus) {
  return async function* () {
    const response = await send(service.fetch, corpus, corpus.request);
    const map = mapperOf(corpus, headOf(corpus.request.model));
    const reader = parseJsonEventStream({ stream: response.body }).getReader();
    const made = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      map(value.value, made);
      for (const chunk of made) yield chunk;
      made.length = 0;
    }
  };
}

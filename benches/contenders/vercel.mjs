// Vercel's event stream parser without a schema, as the providers of its AI SDK use it. Its events are mapped to chunks
// by hand.
import { parseJsonEventStream } from "@ai-sdk/provider-utils";

import { headOf, mapperOf } from "./plain-mapper.mjs";
import { bodyOf, send } from "./plain-request.mjs";

/** @type {import("../types.d.ts").ContenderFactory} */
export function chunks(service, corpus) {
  return async function* () {
    const response = await send(service.fetch, corpus, corpus.request);
    const map = mapperOf(corpus, headOf(corpus.request.model));
    const reader = parseJsonEventStream({ stream: bodyOf(response) }).getReader();
    /** @type {unknown[]} */
    const mapped = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      map(value.value, mapped);
      for (const chunk of mapped) yield chunk;
      mapped.length = 0;
    }
  };
}

// Vercel's event stream parser, without a schema, as the providers of its AI SDK use it. Its events become chunks by hand.
import { parseJsonEventStream } from "@ai-sdk/provider-utils";

import { headOf, mapperOf } from "./plain-mapper.mjs";
import { send } from "./plain-request.mjs";

export function chunks(service, corpus) {
  return async () => {
    const response = await send(service.fetch, corpus, corpus.request);
    const map = mapperOf(corpus, headOf(corpus.request.model));
    // A transformer is what its providers add to the pipe.
    const mapping = new TransformStream({
      transform(result, controller) {
        const made = [];
        map(result.value, made);
        for (const chunk of made) controller.enqueue(chunk);
      },
    });
    return parseJsonEventStream({ stream: response.body }).pipeThrough(mapping);
  };
}

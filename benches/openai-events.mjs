// The same answer as a service that speaks OpenAI's protocol would stream it.
import { headOf, mapperOf } from "./contenders/plain-mapper.mjs";

/** A corpus' events in OpenAI's words: one for each that says something, and the end. */
export function openaiEventsOf(corpus) {
  const map = mapperOf(corpus, headOf(corpus.request.model));
  const chunks = [];
  for (const event of corpus.events) {
    const data = event.slice("data: ".length);
    if (!data.startsWith("[DONE]")) map(JSON.parse(data), chunks);
  }
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"];
}

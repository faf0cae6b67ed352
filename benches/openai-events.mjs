// The same answer as a service with OpenAI's API would stream it.
import { headOf, mapperOf } from "./contenders/plain-mapper.mjs";

/**
 * The chunks of a corpus as OpenAI's events, and the end.
 *
 * @param {import("./types.d.ts").Corpus} corpus
 */
export function openaiEventsOf(corpus) {
  const map = mapperOf(corpus, headOf(corpus.request.model));
  /** @type {unknown[]} */
  const chunks = [];
  for (const event of corpus.events) {
    const data = event.slice("data: ".length);
    if (!data.startsWith("[DONE]")) map(JSON.parse(data), chunks);
  }
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"];
}

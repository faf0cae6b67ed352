// What nobody can go below: reading the body, and nothing else.
import { send } from "./plain-request.mjs";

export function bytes(service, corpus) {
  return () => send(service.fetch, corpus, corpus.request);
}

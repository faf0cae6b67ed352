// The lower bound for every contender: reading the body, and nothing else.
import { send } from "./plain-request.mjs";

/** @type {import("../types.d.ts").ContenderFactory} */
export function bytes(service, corpus) {
  return () => send(service.fetch, corpus, corpus.request);
}

// The contenders of each path. A module is loaded only where its contender runs: each has a process, or an isolate, of
// its own, as in an application that uses it. The types that V8 has recorded for one contender's code then neither help
// nor harm another.

/** @import { Contender, Path } from "../types.d.ts" */

/** @typedef {Pick<Contender, "name" | "load"> & Partial<Contender>} Entry Without the defaults of its path. */

/** @type {Contender["load"]} */
const readOnly = async () => (await import("./read-only.mjs")).bytes;

/**
 * In the order of the tables.
 *
 * @type {Record<Path, Entry[]>}
 */
const CONTENDERS = {
  chunks: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).chunks },
    { name: "plain JavaScript", role: "plain", load: async () => (await import("./plain.mjs")).chunks },
    {
      name: "plain JavaScript, a whole call",
      role: "call",
      corpora: ["short"],
      load: async () => (await import("./plain-call.mjs")).chunks,
    },
    {
      name: "openai 7, OpenAI's events",
      role: "openai",
      reads: "openai",
      load: async () => (await import("./openai.mjs")).chunks,
    },
    { name: "openai 7, OCI's events", role: "openai", load: async () => (await import("./openai.mjs")).mappedChunks },
    { name: "@oracle/langchain-oci", load: async () => (await import("./langchain.mjs")).chunks },
    { name: "Vercel parseJsonEventStream", load: async () => (await import("./vercel.mjs")).chunks },
    { name: "reading only", role: "baseline", gives: "bytes", load: readOnly },
  ],
  text: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).text },
    {
      name: "plain JavaScript, a string an event",
      role: "plain",
      load: async () => (await import("./plain.mjs")).text,
    },
    {
      name: "plain JavaScript, a string a network chunk",
      role: "plain",
      load: async () => (await import("./plain.mjs")).coalescedText,
    },
    { name: "reading only", role: "baseline", gives: "bytes", load: readOnly },
  ],
  gateway: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).gateway },
    { name: "ours, as Responses", gives: "response", load: async () => (await import("./ours.mjs")).gateway },
    {
      name: "plain JavaScript, chunks by JSON.stringify",
      role: "plain",
      load: async () => (await import("./plain-gateway.mjs")).gateway,
    },
    {
      name: "plain JavaScript, text by JSON.stringify",
      role: "plain",
      load: async () => (await import("./plain-gateway.mjs")).templateGateway,
    },
    { name: "reading only", role: "baseline", gives: "bytes", load: readOnly },
  ],
  passthrough: [
    { name: "ours", role: "ours", reads: "openai", load: async () => (await import("./ours.mjs")).passthrough },
    { name: "reading only", role: "baseline", reads: "openai", gives: "bytes", load: readOnly },
  ],
};

/** @type {Record<Path, Contender["gives"]>} */
const GIVES = { chunks: "chunks", text: "text", gateway: "events", passthrough: "events" };

export const PATHS = /** @type {Path[]} */ (Object.keys(CONTENDERS));

/**
 * The contenders of a path. Unless they say otherwise, they read OCI's events and give what the path gives.
 *
 * @param {Path} path
 * @returns {Contender[]}
 */
export function contendersOf(path) {
  return CONTENDERS[path].map((entry) => ({ path, reads: "oci", gives: GIVES[path], role: "other", ...entry }));
}

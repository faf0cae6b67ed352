// Who takes part in which path. A module is loaded only where its contender runs: each has a process, or an isolate, of its own,
// as in an application that uses it; what V8 has learnt of one contender's code then neither helps nor harms another.

/**
 * Contenders of each path, in the order of the tables: a name and what loads its function of `(service, corpus)`. The function
 * makes the opener of streams. `role` says what the bars need to know; "other" contenders are information. One that only reads
 * shows what nobody can go below.
 */
const CONTENDERS = {
  chunks: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).chunks },
    { name: "plain JavaScript", role: "plain", load: async () => (await import("./plain.mjs")).chunks },
    {
      name: "openai 7, OpenAI's events",
      role: "openai",
      reads: "openai",
      load: async () => (await import("./openai.mjs")).chunks,
    },
    { name: "openai 7, OCI's events", role: "openai", load: async () => (await import("./openai.mjs")).mappedChunks },
    { name: "@oracle/langchain-oci", load: async () => (await import("./langchain.mjs")).chunks },
    { name: "Vercel parseJsonEventStream", load: async () => (await import("./vercel.mjs")).chunks },
    { name: "reading only", role: "floor", gives: "bytes", load: async () => (await import("./read-only.mjs")).bytes },
  ],
  text: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).text },
    { name: "plain JavaScript, a string an event", role: "plain", load: async () => (await import("./plain.mjs")).text },
    {
      name: "plain JavaScript, a string a network chunk",
      role: "plain",
      load: async () => (await import("./plain.mjs")).joinedText,
    },
    { name: "reading only", role: "floor", gives: "bytes", load: async () => (await import("./read-only.mjs")).bytes },
  ],
  gateway: [
    { name: "ours", role: "ours", load: async () => (await import("./ours.mjs")).gateway },
    {
      name: "plain JavaScript, chunks by JSON.stringify",
      role: "plain",
      load: async () => (await import("./plain-gateway.mjs")).gateway,
    },
    {
      name: "plain JavaScript, text by JSON.stringify",
      role: "plain",
      load: async () => (await import("./plain-gateway.mjs")).frugalGateway,
    },
    { name: "reading only", role: "floor", gives: "bytes", load: async () => (await import("./read-only.mjs")).bytes },
  ],
  passthrough: [
    { name: "ours", role: "ours", reads: "openai", load: async () => (await import("./ours.mjs")).passthrough },
    {
      name: "reading only",
      role: "floor",
      reads: "openai",
      gives: "bytes",
      load: async () => (await import("./read-only.mjs")).bytes,
    },
  ],
};

export const PATHS = Object.keys(CONTENDERS);

/** The contenders of a path, with the defaults filled in: they read OCI's events and give what the path gives. */
export function contendersOf(path) {
  const gives = { chunks: "chunks", text: "text", gateway: "events", passthrough: "events" }[path];
  return CONTENDERS[path].map((contender) => ({ path, reads: "oci", gives, role: "other", ...contender }));
}

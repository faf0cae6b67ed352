// What is asked of each client: a row of the table. A client that has no such feature has no test of it.

/**
 * Where a client's requests go. Behind both ways there is the same simulated OCI.
 *
 * @typedef {object} Target
 * @property {string} baseURL
 * @property {string} apiKey
 * @property {typeof globalThis.fetch} fetch
 * @property {import("../simulator/types.d.ts").Simulator} simulator
 * @property {import("oci-genai-edge").OciGenAI} [client] In Node.
 * @property {(path: string) => Promise<void>} [runInWorker] In workerd: runs a test of worker.mjs.
 * @property {string} [workerOrigin] In workerd: of worker.mjs.
 *
 * @typedef {(target: Target) => Promise<void>} Test
 *
 * @typedef {object} Client
 * @property {string} name
 * @property {string} npm Its package.
 * @property {"chat/completions" | "responses" | undefined} route What it posts its chats to, if it speaks HTTP.
 * @property {Partial<Record<Feature, string>>} [notes] What has to be set for a feature, or what is different.
 * @property {Partial<Record<Feature, Test>>} tests
 *
 * @typedef {keyof typeof FEATURES} Feature
 */

export const FEATURES = {
  text: "a text",
  stream: "a streamed text",
  tools: "tools in two steps",
  streamedTools: "the same, streamed",
  twoTools: "two tools at once",
  handoff: "a handoff to another agent",
  structured: "structured output",
  usage: "usage, streamed too",
  error: "an error, in the client's own class",
  abort: "an abort, which reaches OCI",
  embeddings: "embeddings, as floats",
  base64: "embeddings, as base64",
  moderation: "moderation",
  rerank: "reranking",
  reasoning: "reasoning, and its tokens",
  images: "an image, by its bytes",
  sources: "sources of citations",
  warnings: "a warning for what a model lacks",
  metadata: "OCI's request id, and the route",
  interrupted: "a truncated stream: its text, then an error",
  retries: "no retries beside those of this package",
};

/** What llm-comply calls. It leaves out what no model of this name can do, and so leaves out nothing. */
export const COMPLIANCE_ALIAS = "gpt-5";

/** The aliases that the clients call, by the simulated endpoint behind each. */
export const ALIASES = {
  house: "simgeneric",
  gpt: "simgpt",
  vectors: "simembed",
  blocked: "simblocklist",
  ranker: "simrerank",
  cohere: "simcohere",
  truncated: "simnofinish",
  down: "simdown",
  [COMPLIANCE_ALIAS]: "simgeneric",
};

/** A question that makes the simulated model call the first tool, and then quote its result. */
export const QUESTION = "How is the weather in Oslo?";
/** What the tool says. */
export const WEATHER = "sunny with 7 degrees";
/** A question that makes it call both of two tools. */
export const BOTH = "Call get_weather and get_time for Oslo.";
/** A question with a long answer. */
export const LONG = "tokens=5000";

/**
 * Waits until the service has noticed that the caller of the last request is gone.
 *
 * @param {Target} target
 */
export async function callerGone({ simulator }) {
  const request = simulator.requests.at(-1);
  await request?.done;
  if (request?.clientGone !== true) throw new Error("the request to OCI was not cancelled");
}

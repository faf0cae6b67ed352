// How many requests reach an endpoint that always answers 503, when a client repeats what `oci.fetch` has repeated
// already. Prints JSON. A program of its own, since every wait in it is a hundredth: LangChain waits for a minute.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { OciGenAI } from "oci-genai-edge";
import { createOci } from "oci-genai-edge/ai-sdk";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";
import { QUESTION } from "./features.mjs";

/**
 * @typedef {{ baseURL: string, apiKey: string, fetch: typeof globalThis.fetch, client: OciGenAI }} Settings
 * @typedef {{ maxRetries?: number }} More
 * @typedef {(settings: Settings, more: More) => Promise<unknown>} Ask
 * @typedef {{ ask: Ask, stream: Ask }} Asker
 *
 * @typedef {object} Count The requests of a call: not streamed, and streamed.
 * @property {string} name
 * @property {number[]} byDefault
 * @property {number[]} withNone with `maxRetries: 0`
 */

const FASTER = 100;

const messages = [{ role: /** @type {const} */ ("user"), content: QUESTION }];

/** @type {Record<string, Asker>} */
const ASKERS = {
  openai: {
    ask: ({ baseURL, apiKey, fetch }, more) =>
      new OpenAI({ baseURL, apiKey, fetch, ...more }).chat.completions.create({ model: "down", messages }),
    stream: ({ baseURL, apiKey, fetch }, more) => {
      const request = { model: "down", messages, stream: /** @type {const} */ (true) };
      return new OpenAI({ baseURL, apiKey, fetch, ...more }).chat.completions.create(request);
    },
  },
  "ai, openai-compatible": {
    ask: (settings, more) => generateText({ model: compatible(settings), prompt: QUESTION, ...more }),
    stream: (settings, more) => streamed(compatible(settings), more),
  },
  "ai, createOci()": {
    ask: ({ client }, more) => generateText({ model: createOci({ client })("down"), prompt: QUESTION, ...more }),
    stream: ({ client }, more) => streamed(createOci({ client })("down"), more),
  },
};

/** @param {Settings} settings */
function compatible({ baseURL, apiKey, fetch }) {
  return createOpenAICompatible({ name: "oci", baseURL, apiKey, fetch })("down");
}

/**
 * @param {any} model
 * @param {More} more
 */
async function streamed(model, more) {
  /** @type {unknown[]} */
  const errors = [];
  const result = streamText({ model, prompt: QUESTION, onError: ({ error }) => errors.push(error), ...more });
  await result.consumeStream();
  throw errors[0];
}

const realSetTimeout = globalThis.setTimeout;
Object.assign(globalThis, {
  setTimeout: (/** @type {any} */ action, /** @type {number} */ ms = 0, /** @type {any[]} */ ...args) =>
    realSetTimeout(action, ms / FASTER, ...args),
});

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key] });
const client = new OciGenAI({
  endpoint: simulator.url,
  compartmentId: simulator.compartmentId,
  sign: apiKeySigner(key),
  models: { down: endpointId("simdown") },
});
const settings = { baseURL: "https://oci.invalid/v1", apiKey: "unused", fetch: client.fetch, client };

/**
 * @param {Ask} ask
 * @param {More} more
 */
async function requestsOf(ask, more) {
  const before = simulator.requests.length;
  const error = await ask(settings, more).then(() => undefined, (reason) => reason);
  if (error === undefined) throw new Error("the endpoint that is down was not an error");
  return simulator.requests.length - before;
}

if (process.argv.includes("--more")) {
  const { langchainAsker } = await import("./more/langchain.mjs");
  ASKERS["@langchain/openai"] = langchainAsker;
}
/** @type {Count[]} */
const counts = [];
for (const [name, { ask, stream }] of Object.entries(ASKERS)) {
  const byDefault = [await requestsOf(ask, {}), await requestsOf(stream, {})];
  const none = { maxRetries: 0 };
  counts.push({ name, byDefault, withNone: [await requestsOf(ask, none), await requestsOf(stream, none)] });
}
await new Promise((resolve) => process.stdout.write(JSON.stringify(counts), resolve));
// The clients keep connections.
process.exit();

// One contender on one corpus: reads streams to their end, as an application would, and times itself.
import { cut } from "./chunkings.mjs";
import { bodyOf } from "./contenders/plain-request.mjs";
import { contendersOf } from "./contenders/index.mjs";
import { corpusOf } from "./corpora.mjs";
import { openaiEventsOf } from "./openai-events.mjs";
import { outcomeOfChunks, outcomeOfEvents, outcomeOfText } from "./outcome.mjs";
import { Service } from "./service.mjs";

/** @import { Contender, Corpus, Lengths, Opener, Outcome, Path } from "./types.d.ts" */

/**
 * Reads one stream. `drain` is timed; `collect` gives its content.
 *
 * @typedef {object} Reader
 * @property {(open: Opener, corpus: Corpus) => Promise<number>} drain
 * @property {(open: Opener, corpus: Corpus) => Promise<Outcome>} [collect]
 */

/** @type {Record<Contender["gives"], Reader>} */
const READERS = {
  chunks: {
    async drain(open) {
      let length = 0;
      for await (const chunk of await open()) length += chunk.choices[0]?.delta.content?.length ?? 1;
      return length;
    },
    collect: async (open) => outcomeOfChunks(await collect(await open())),
  },
  text: {
    async drain(open) {
      let length = 0;
      for await (const text of await open()) length += text.length;
      return length;
    },
    collect: async (open) => outcomeOfText(await collect(await open())),
  },
  events: {
    drain: async (open, corpus) => drain(await open(requestOf(corpus))),
    collect: async (open, corpus) => outcomeOfEvents(await (await open(requestOf(corpus))).text()),
  },
  response: {
    drain: async (open, corpus) => drain(await open(responsesRequestOf(corpus))),
  },
  bytes: {
    drain: async (open) => drain(await open()),
  },
};

/**
 * Prepares a contender. It reads one stream after another, each from its request to its end.
 *
 * @param {Path} path
 * @param {string} name
 * @param {string} corpusName
 * @param {Lengths} [lengths]
 */
export async function prepareContender(path, name, corpusName, lengths = {}) {
  const contender = contendersOf(path).find((each) => each.name === name);
  if (!contender) throw new Error(`${path} has no contender ${name}`);
  const corpus = corpusOf(corpusName);
  const service = new Service();
  const open = (await contender.load())(service, corpus);
  const reader = READERS[contender.gives];
  /** @type {string | undefined} */
  let served;

  const serve = (/** @type {string} */ chunking) => {
    if (served === chunking) return;
    const streamed = corpusOf(corpusName, lengths[chunking]);
    service.chunks = cut(contender.reads === "openai" ? openaiEventsOf(streamed) : streamed.events, chunking);
    served = chunking;
  };

  return {
    /**
     * @param {string} chunking
     * @param {number} repeats
     */
    async time(chunking, repeats) {
      serve(chunking);
      const started = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) await reader.drain(open, corpus);
      return performance.now() - started;
    },

    /** @param {string} chunking */
    async outcome(chunking) {
      serve(chunking);
      return reader.collect?.(open, corpus);
    },
  };
}

/**
 * @template T
 * @param {AsyncIterable<T>} iterable
 */
async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

async function drain(/** @type {Response} */ response) {
  const reader = bodyOf(response).getReader();
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return length;
    length += value.length;
  }
}

/** The request to a gateway. */
function requestOf(/** @type {Corpus} */ { request }) {
  return post("chat/completions", { ...request, stream: true });
}

/** The same of the Responses API. */
function responsesRequestOf(/** @type {Corpus} */ { request: { model, messages, max_tokens: limit } }) {
  return post("responses", { model, input: messages, max_output_tokens: limit, stream: true });
}

/**
 * @param {string} path
 * @param {object} body
 */
function post(path, body) {
  const headers = { "content-type": "application/json" };
  return new Request(`https://gateway.example/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

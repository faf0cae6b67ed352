// One contender on one corpus: reads streams to their end, as an application would, and takes the time.
import { cut } from "./chunkings.mjs";
import { contendersOf } from "./contenders/index.mjs";
import { corpusOf } from "./corpora.mjs";
import { openaiEventsOf } from "./openai-events.mjs";
import { outcomeOfChunks, outcomeOfEvents, outcomeOfText } from "./outcome.mjs";
import { Service } from "./service.mjs";

/**
 * Gets a contender ready. It reads as many streams as it is asked to, each from its request to its end. `lengths` are those of
 * chunkings whose streams are shorter than others.
 */
export async function contestant(path, name, corpusName, lengths = {}) {
  const contender = contendersOf(path).find((contender) => contender.name === name);
  const corpus = corpusOf(corpusName);
  const service = new Service();
  const open = (await contender.load())(service, corpus);
  const { drain, collect } = readers[contender.gives];
  let served;

  const serve = (chunking) => {
    if (served === chunking) return;
    const said = corpusOf(corpusName, lengths[chunking]);
    service.chunks = cut(contender.reads === "openai" ? openaiEventsOf(said) : said.events, chunking);
    served = chunking;
  };

  return {
    /** Milliseconds for so many streams. */
    async time(chunking, repeats) {
      serve(chunking);
      const started = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) await drain(open, corpus);
      return performance.now() - started;
    },

    /** What a stream says; nothing for a contender that only reads. */
    async outcome(chunking) {
      serve(chunking);
      return collect?.(open, corpus);
    },
  };
}

const readers = {
  chunks: {
    async drain(open) {
      let length = 0;
      for await (const chunk of await open()) length += chunk.choices[0]?.delta.content?.length ?? 1;
      return length;
    },
    collect: async (open) => outcomeOfChunks(await collected(await open())),
  },
  text: {
    async drain(open) {
      let length = 0;
      for await (const text of await open()) length += text.length;
      return length;
    },
    collect: async (open) => outcomeOfText(await collected(await open())),
  },
  events: {
    drain: async (open, corpus) => drained(await open(requestOf(corpus))),
    collect: async (open, corpus) => outcomeOfEvents(await (await open(requestOf(corpus))).text()),
  },
  bytes: {
    drain: async (open) => drained(await open()),
  },
};

async function collected(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

async function drained(response) {
  const reader = response.body.getReader();
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return length;
    length += value.length;
  }
}

/** What a gateway is asked. */
function requestOf({ request }) {
  const headers = { "content-type": "application/json" };
  return new Request("https://gateway.example/v1/chat/completions", {
    method: "POST",
    headers,
    body: JSON.stringify({ ...request, stream: true }),
  });
}

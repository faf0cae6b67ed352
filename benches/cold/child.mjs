// A fresh process: the time from before a bundle is imported to the first chunk of a short answer, and to its end.
import { cut } from "../chunkings.mjs";
import { corpusOf } from "../corpora.mjs";
import { pinToLastCore } from "../cpu-affinity.mjs";
import { Service } from "../service.mjs";

/** @import { ContenderFactory } from "../types.d.ts" */

pinToLastCore();
const corpus = corpusOf("short");
const service = new Service();
service.chunks = cut(corpus.events, "ev:1");
// Node loads its fetch and its streams at their first use. They belong to the platform, and both sides need them.
await (await service.fetch()).text();

const started = performance.now();
/** @type {{ contender: ContenderFactory }} */
const { contender } = await import(process.argv[2]);
const imported = performance.now();
let first = NaN;
for await (const chunk of await contender(service, corpus)()) {
  if (Number.isNaN(first) && chunk) first = performance.now();
}
const ended = performance.now();
process.send?.({ import: imported - started, first: first - started, end: ended - started });

// A fresh process: from before a bundle is imported to the first chunk of a short answer, and to its end.
import { cut } from "../chunkings.mjs";
import { corpusOf } from "../corpora.mjs";
import { pin } from "../cpu-affinity.mjs";
import { Service } from "../service.mjs";

pin();
const corpus = corpusOf("short");
const service = new Service();
service.chunks = cut(corpus.events, "ev:1");
// Node loads its fetch and its streams when they are first used. They are the platform's, and both sides need them.
await (await service.fetch()).text();

const started = performance.now();
const { contender } = await import(process.argv[2]);
const imported = performance.now();
let first;
for await (const chunk of await contender(service, corpus)()) {
  first ??= chunk && performance.now();
}
const ended = performance.now();
process.send({ import: imported - started, first: first - started, end: ended - started });

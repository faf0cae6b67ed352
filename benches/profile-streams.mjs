// Reads streams while Node samples itself: a part of profile.mjs. Says how many events were read.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";

import { cut } from "./chunkings.mjs";
import { COMPARTMENT, corpusOf } from "./corpora.mjs";
import { Service } from "./service.mjs";

const [entry, name, chunking, path, file] = process.argv.slice(2);
const { OciGenAI } = await import(pathToFileURL(entry));
const corpus = corpusOf(name);
const service = new Service();
service.chunks = cut(corpus.events, chunking);
const oci = new OciGenAI({ compartmentId: COMPARTMENT, apiFormat: corpus.apiFormat, fetch: service.fetch });

const READERS = {
  async chunks() {
    for await (const chunk of oci.stream(corpus.request)) if (chunk === undefined) throw new Error("no chunk");
  },
  async text() {
    for await (const text of oci.stream(corpus.request).text()) if (text === "") throw new Error("no text");
  },
  async gateway() {
    const body = JSON.stringify({ ...corpus.request, stream: true });
    const { body: events } = await oci.fetch("https://gateway.example/v1/chat/completions", { method: "POST", body });
    const reader = events.getReader();
    while (!(await reader.read()).done);
  },
};
const read = READERS[path];

const STREAMS = 2000;
for (let stream = 0; stream < STREAMS / 10; stream++) await read();
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 100 });
await session.post("Profiler.start");
for (let stream = 0; stream < STREAMS; stream++) await read();
const { profile } = await session.post("Profiler.stop");
writeFileSync(file, JSON.stringify(profile));
console.log(STREAMS * corpus.events.length);

// A part of profile.mjs: reads streams while Node samples itself, and prints how many events were read.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";

import { cut } from "./chunkings.mjs";
import { bodyOf } from "./contenders/plain-request.mjs";
import { COMPARTMENT, corpusOf } from "./corpora.mjs";
import { Service } from "./service.mjs";

const STREAMS = 2000;
const SAMPLING_INTERVAL_US = 100;

const [entry, name, chunking, path, file] = process.argv.slice(2);
/** @type {typeof import("oci-genai-edge")} */
const { OciGenAI } = await import(pathToFileURL(entry).href);
const corpus = corpusOf(name);
const service = new Service();
service.chunks = cut(corpus.events, chunking);
const oci = new OciGenAI({ compartmentId: COMPARTMENT, apiFormat: corpus.apiFormat, fetch: service.fetch });

/** @type {Record<string, () => Promise<void>>} */
const READERS = {
  async chunks() {
    for await (const chunk of oci.stream(corpus.request)) if (chunk === undefined) throw new Error("no chunk");
  },
  async text() {
    for await (const text of oci.stream(corpus.request).text()) if (text === "") throw new Error("no text");
  },
  async gateway() {
    const body = JSON.stringify({ ...corpus.request, stream: true });
    const response = await oci.fetch("https://gateway.example/v1/chat/completions", { method: "POST", body });
    const reader = bodyOf(response).getReader();
    while (!(await reader.read()).done);
  },
};
const read = READERS[path];

for (let stream = 0; stream < STREAMS / 10; stream++) await read();
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
await session.post("Profiler.start");
for (let stream = 0; stream < STREAMS; stream++) await read();
const { profile } = await session.post("Profiler.stop");
writeFileSync(file, JSON.stringify(profile));
console.log(STREAMS * corpus.events.length);

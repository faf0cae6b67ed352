// 100,000 streams one after another: wasm's memory may not grow by a page once it is warm, however the streams end.
import assert from "node:assert/strict";

import { wrongWith } from "./answers.mjs";
import { heapMiB, pages } from "./memory.mjs";
import { ask, fetched, MODEL, oci, saidIn, TOKENS } from "./in-memory-oci.mjs";

const STREAMS = 100_000;
const WARM = 1000;

async function text(stream) {
  let said = "";
  for await (const chunk of oci.stream(ask(stream, "whole"))) said += chunk.choices[0]?.delta.content ?? "";
  assert.equal(said, saidIn(stream));
}

async function body(stream) {
  const bytes = Buffer.from(await (await fetched(stream, "whole")).arrayBuffer());
  assert.equal(wrongWith(bytes, stream, TOKENS, MODEL, false).why, undefined);
}

/** Most streams end well; the others in every way that there is. */
const WAYS = [
  text,
  body,
  text,
  body,
  async (stream) => {
    let said = "";
    for await (const piece of oci.stream(ask(stream, "whole")).text()) said += piece;
    assert.equal(said, saidIn(stream));
  },
  async (stream) => assert.equal((await oci.stream(ask(stream, "whole")).final()).choices[0].message.content, saidIn(stream)),
  async (stream) => assert.rejects(oci.stream(ask(stream, "broken")).final(), { code: "stream_error" }),
  async (stream) => assert.rejects(oci.stream(ask(stream, "cut")).final(), { code: "stream_truncated" }),
  async (stream) => assert.match(await (await fetched(stream, "broken")).text(), /"error":/),
  async (stream) => assert.rejects(oci.stream(ask(stream, "refused")).next(), { code: "bad_request" }),
  async (stream) => {
    for await (const chunk of oci.stream(ask(stream, "open"))) {
      assert.ok(chunk);
      break;
    }
  },
  async (stream) => (await fetched(stream, "open")).body.cancel(),
  async (stream) => {
    const stop = new AbortController();
    const reader = (await fetched(stream, "open", { signal: stop.signal })).body.getReader();
    await reader.read();
    stop.abort();
    await assert.rejects(reader.read(), { name: "AbortError" });
  },
];

async function run(from, to) {
  for (let stream = from; stream < to; stream++) await WAYS[stream % WAYS.length](stream);
}

export async function sequence() {
  await run(0, WARM);
  const warm = { pages: pages(), heap: await heapMiB() };
  const started = performance.now();
  await run(WARM, WARM + STREAMS);
  const micros = ((performance.now() - started) * 1000) / STREAMS;
  const grown = pages() - warm.pages;
  const rows = [
    [`pages of wasm memory when warm (${WARM} streams), and after`, `${warm.pages}, ${warm.pages + grown}`, grown === 0],
    ["JavaScript's heap then", `${warm.heap.toFixed(1)} MiB, ${(await heapMiB()).toFixed(1)} MiB`],
    ["a stream, whole life", `${micros.toFixed(0)} µs`],
  ];
  const note =
    `In Node, from memory, ${TOKENS} tokens each: for await, text(), final() and fetch; half of them end with an error, a ` +
    "break, a cancel or an abort. The event loop has no turn in between: nothing waits for the collector's finalizers.";
  return { title: "100,000 streams, one after another", rows, note };
}

// 100,000 streams one after another: the wasm memory must not grow by a page once it is warm,
// however the streams end.

import assert from "node:assert/strict";
import { compare } from "./answers.mjs";
import { chatRequest, fetchStream, MODEL, oci, textOf, TOKENS } from "./in-memory-oci.mjs";
import { heapMiB, pages } from "./memory.mjs";

/** @import { Row, Section } from "./types.d.ts" */

/** @typedef {(stream: number) => Promise<unknown>} Life of a stream */

const STREAMS = 100_000;
const WARM = 1000;

/** @param {number} stream */
async function readChunks(stream) {
  let text = "";
  for await (const chunk of oci.stream(chatRequest(stream, "complete"))) text += chunk.choices[0]?.delta.content ?? "";
  assert.equal(text, textOf(stream));
}

/** @param {number} stream */
async function readBytes(stream) {
  const bytes = Buffer.from(await (await fetchStream(stream, "complete")).arrayBuffer());
  assert.equal(compare(bytes, stream, TOKENS, MODEL, false).fault, undefined);
}

/**
 * Many streams end well, the others in every other way.
 *
 * @type {Life[]}
 */
const LIVES = [
  readChunks,
  readBytes,
  readChunks,
  readBytes,
  async (stream) => {
    let text = "";
    for await (const piece of oci.stream(chatRequest(stream, "complete")).text()) text += piece;
    assert.equal(text, textOf(stream));
  },
  async (stream) => {
    const completion = await oci.stream(chatRequest(stream, "complete")).final();
    assert.equal(completion.choices[0]?.message.content, textOf(stream));
  },
  (stream) => assert.rejects(oci.stream(chatRequest(stream, "failing")).final(), { code: "stream_error" }),
  (stream) => assert.rejects(oci.stream(chatRequest(stream, "truncated")).final(), { code: "stream_truncated" }),
  async (stream) => assert.match(await (await fetchStream(stream, "failing")).text(), /"error":/),
  (stream) => assert.rejects(oci.stream(chatRequest(stream, "rejected")).next(), { code: "bad_request" }),
  async (stream) => {
    for await (const chunk of oci.stream(chatRequest(stream, "open"))) {
      assert.ok(chunk);
      break;
    }
  },
  async (stream) => (await fetchStream(stream, "open")).body?.cancel(),
  async (stream) => {
    const stop = new AbortController();
    const { body } = await fetchStream(stream, "open", { signal: stop.signal });
    const reader = body?.getReader();
    await reader?.read();
    stop.abort();
    await assert.rejects(async () => reader?.read(), { name: "AbortError" });
  },
];

/**
 * @param {number} from
 * @param {number} to
 */
async function run(from, to) {
  for (let stream = from; stream < to; stream++) await LIVES[stream % LIVES.length]?.(stream);
}

/** @returns {Promise<Section>} */
export async function sequence() {
  await run(0, WARM);
  const warm = { pages: pages(), heap: await heapMiB() };
  const started = performance.now();
  await run(WARM, WARM + STREAMS);
  const micros = ((performance.now() - started) * 1000) / STREAMS;
  const grown = pages() - warm.pages;
  /** @type {Row[]} */
  const rows = [
    [
      `pages of wasm memory when warm (${WARM} streams), and after`,
      `${warm.pages}, ${warm.pages + grown}`,
      grown === 0,
    ],
    ["JavaScript's heap then", `${warm.heap.toFixed(1)} MiB, ${(await heapMiB()).toFixed(1)} MiB`],
    ["time of a stream, from start to end", `${micros.toFixed(0)} µs`],
  ];
  const note =
    `In Node, from memory, ${TOKENS} tokens each: for await, text(), final() and fetch; half of them ` +
    "end with an error, a break, a cancel or an abort. Finalizers have no time to run: no stream " +
    "relies on them.";
  return { title: "100,000 streams, one after another", rows, note };
}

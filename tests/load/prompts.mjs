// What an open stream keeps of wasm's memory after its first chunk: nothing of its prompt.

import { OciGenAI } from "oci-genai-edge";
import { ociEvents } from "./answers.mjs";
import { MODEL } from "./client.mjs";
import { pages } from "./memory.mjs";

/** @import { Row, Section } from "./types.d.ts" */

const STREAMS = 300;
const PAGE_KIB = 64;
/** The most that a stream may keep, in KiB. */
const LIMIT_KIB = 32;

/** @returns {Promise<Section>} */
export async function prompts() {
  const rows = [await measure("a prompt of 20 bytes", 20), await measure("a prompt of 200 KB", 200_000)];
  return { title: "Memory of open streams", rows, note: `In Node; ${STREAMS} streams, opened one after another.` };
}

/**
 * @param {string} name
 * @param {number} length of the prompt, in bytes
 * @returns {Promise<Row>}
 */
async function measure(name, length) {
  const [event = ""] = ociEvents(7, 1);
  const client = new OciGenAI({
    region: "us-chicago-1",
    compartmentId: "ocid1.compartment.oc1..load",
    fetch: async () => new Response(openBody(event), { headers: { "content-type": "text/event-stream" } }),
  });
  const before = pages();
  const open = [];
  for (let count = 0; count < STREAMS; count++) {
    const stream = client.stream({ model: MODEL, messages: [{ role: "user", content: "x".repeat(length) }] });
    await stream.next();
    open.push(stream);
  }
  const kib = ((pages() - before) * PAGE_KIB) / STREAMS;
  for (const stream of open) await stream.cancel();
  return [`wasm memory of an open stream, ${name}`, `${kib.toFixed(1)} KiB`, kib <= LIMIT_KIB];
}

/**
 * A body that does not end.
 *
 * @param {string} event
 * @returns {ReadableStream<Uint8Array>}
 */
function openBody(event) {
  return new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(event)) });
}

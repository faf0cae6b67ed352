// Sight of what must not grow: wasm's memory, in pages, and what JavaScript holds.
import { setTimeout as sleep } from "node:timers/promises";

import "oci-genai-edge"; // loads the wasm
import initWasm from "../../pkg/wasm/oci_genai_edge.js";

const PAGE = 65_536;

/** The glue of the one instance that all entries share: asked again, it gives what it has. */
const { memory } = await initWasm();

export const pages = () => memory.buffer.byteLength / PAGE;

/** What is left on the heap after collections, with time between them for what collections set off. */
export async function heapMiB() {
  await collect();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

export async function collect(times = 5) {
  for (let at = 0; at < times; at++) {
    globalThis.gc();
    await sleep(10);
  }
}

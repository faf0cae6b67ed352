// The memory of the one wasm instance that all entries of the package share.

import "oci-genai-edge"; // loads the wasm

// wasm-bindgen's glue: when it is initialised already, it returns what it has.
/** @type {{ default: () => Promise<{ memory: { buffer: ArrayBuffer } }> }} */
const glue = await import(new URL("../../../pkg/wasm/oci_genai_edge.js", import.meta.url).href);
const { memory } = await glue.default();

const PAGE_BYTES = 65_536;

/** How large the memory is, in pages. It never shrinks. */
export function memoryPages() {
  return memory.buffer.byteLength / PAGE_BYTES;
}

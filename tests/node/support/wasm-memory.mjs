// The memory of the one wasm instance that all entries of the package share.

import "oci-genai-edge"; // loads the wasm

// wasm-bindgen's glue: when it is initialised already, it returns the exports of the instance that there is.
/** @type {{ initSync(): { memory: { buffer: ArrayBuffer } } }} */
const glue = await import(new URL("../../../pkg/wasm/oci_genai_edge.js", import.meta.url).href);

const PAGE_BYTES = 65_536;

/** How large the memory is, in pages. It never shrinks, but where the instance is replaced. */
export function memoryPages() {
  return glue.initSync().memory.buffer.byteLength / PAGE_BYTES;
}

// Entry for hosts that load the wasm themselves.

import { load, loadSync } from "./lib/core.js";

/** @param {import("./slim.d.ts").WasmSource} source */
export async function init(source) {
  if (source instanceof WebAssembly.Module || source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    loadSync(source);
  } else {
    await load(source);
  }
}

export * from "./lib/public.js";

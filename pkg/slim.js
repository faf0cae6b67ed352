// Entry for hosts that load the wasm themselves.
import { start, startSync } from "./lib/core.js";

/**
 * Loads the wasm: from a WebAssembly.Module or bytes, or from whatever can be fetched. The same classes work after it. Only
 * the first call counts.
 */
export async function init(source) {
  if (source instanceof WebAssembly.Module || source instanceof ArrayBuffer || ArrayBuffer.isView(source)) startSync(source);
  else await start(source);
}

export * from "./lib/public.js";

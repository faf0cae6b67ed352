// Entry with the wasm inside, for Node, Deno and Bun, and for bundlers that do not carry a file along.
// Everything is synchronous: a bundle in any format can hold it.

import { decodeBase64 } from "./lib/base64.js";
import { loadSync } from "./lib/core.js";
import wasm from "./wasm/inline.js";

loadSync(decodeBase64(wasm));

export * from "./lib/public.js";

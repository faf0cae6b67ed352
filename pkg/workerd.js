// Entry for Cloudflare Workers: the runtime compiles the wasm ahead of time, and imports it as a
// module.

import module from "./wasm/oci_genai_edge_bg.wasm";

import { loadSync } from "./lib/core.js";

loadSync(module);

export * from "./lib/public.js";

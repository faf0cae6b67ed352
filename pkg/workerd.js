// Entry for Cloudflare Workers: the runtime compiles the wasm ahead of time and imports it as a module.
import module from "./wasm/oci_genai_edge_bg.wasm";

import { startSync } from "./lib/core.js";

startSync(module);

export * from "./lib/public.js";

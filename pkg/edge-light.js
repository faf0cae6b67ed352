// Entry for Vercel's edge runtime and Next.js: the build makes a module of the wasm, for which the
// runtime wants a query, and it is instantiated asynchronously.

import module from "./wasm/oci_genai_edge_bg.wasm?module";

import { load } from "./lib/core.js";

await load(module);

export * from "./lib/public.js";

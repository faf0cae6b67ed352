// Entry for browsers, with or without a bundler: fetches the wasm from beside this file.

import { load } from "./lib/core.js";

await load(new URL("./wasm/oci_genai_edge_bg.wasm", import.meta.url));

export * from "./lib/public.js";

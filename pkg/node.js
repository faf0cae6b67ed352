// Entry for Node, Deno and Bun: reads the wasm from beside this file.

import { readFileSync } from "node:fs";

import { loadSync } from "./lib/core.js";

loadSync(readFileSync(new URL("./wasm/oci_genai_edge_bg.wasm", import.meta.url)));

export * from "./lib/public.js";

// Entry for Node, Deno and Bun: the wasm is read from beside this file.
import { readFileSync } from "node:fs";

import { startSync } from "./lib/core.js";

startSync(readFileSync(new URL("./wasm/oci_genai_edge_bg.wasm", import.meta.url)));

export * from "./lib/public.js";

// Entry for browsers, with a bundler or without: the wasm is fetched from beside this file.
import { start } from "./lib/core.js";

await start(new URL("./wasm/oci_genai_edge_bg.wasm", import.meta.url));

export * from "./lib/public.js";

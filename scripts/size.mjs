// Prints what the package weighs: the wasm, and the JavaScript that a browser loads with it.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const root = new URL("../pkg/", import.meta.url);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

function weigh(name, paths) {
  const bytes = Buffer.concat(paths.map((path) => readFileSync(new URL(path, root))));
  console.log(`${name}: ${bytes.length} bytes (${kib(bytes.length)}), gzipped ${kib(gzipSync(bytes, { level: 9 }).length)}`);
}

weigh("wasm", ["wasm/oci_genai_edge_bg.wasm"]);
const lib = readdirSync(new URL("lib/", root)).map((file) => `lib/${file}`);
weigh("JavaScript beside it, not minified", ["browser.js", "wasm/oci_genai_edge.js", ...lib]);

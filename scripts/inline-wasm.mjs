// Writes pkg/wasm/inline.js: the wasm as text, for entries that carry it along.
import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../pkg/wasm/", import.meta.url);
const wasm = readFileSync(new URL("oci_genai_edge_bg.wasm", folder));
const header = "// oci_genai_edge_bg.wasm in base64, written by `make build`.\n";
writeFileSync(new URL("inline.js", folder), `${header}export default "${wasm.toString("base64")}";\n`);

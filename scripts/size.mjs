// Prints what the package weighs: the wasm, and the JavaScript that a browser loads with it. With --gate it fails where the wasm
// weighs over 2 % more than scripts/size-gate.json says; with --update it writes that file: a growth is then a line of a commit.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST = 1.02;
const root = new URL("../pkg/", import.meta.url);
const gate = new URL("size-gate.json", import.meta.url);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

function weigh(name, paths) {
  const bytes = Buffer.concat(paths.map((path) => readFileSync(new URL(path, root))));
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}: ${bytes.length} bytes (${kib(bytes.length)}), gzipped ${kib(gzipped)}`);
  return { bytes: bytes.length, gzipped };
}

const wasm = weigh("wasm", ["wasm/oci_genai_edge_bg.wasm"]);
const lib = readdirSync(new URL("lib/", root)).map((file) => `lib/${file}`);
const javascript = weigh("JavaScript beside it, not minified", ["browser.js", "wasm/oci_genai_edge.js", ...lib]);
const weights = { wasm, javascript };

if (process.argv.includes("--update")) writeFileSync(gate, `${JSON.stringify(weights, null, 2)}\n`);
if (process.argv.includes("--gate")) {
  const allowed = JSON.parse(readFileSync(gate, "utf8"));
  for (const [name, { gzipped }] of Object.entries(weights)) {
    const most = Math.floor(allowed[name].gzipped * MOST);
    if (gzipped <= most) continue;
    console.error(`${name} weighs ${gzipped} bytes gzipped, ${most} are allowed: node scripts/size.mjs --update, and say in the commit what is worth it`);
    process.exitCode = 1;
  }
}

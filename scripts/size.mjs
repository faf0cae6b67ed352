// Prints the size of the package: the wasm, the JavaScript that a browser loads with it, and what runs in Node alone:
// the command line with its simulator, and the entries of Node. `--gate` fails where one of them is more than 2 % above
// scripts/size-gate.json, gzipped. `--update` writes that file, so that growth shows in a commit.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const TOLERANCE = 1.02;
const root = new URL("../pkg/", import.meta.url);
const gateFile = new URL("size-gate.json", import.meta.url);

/** @typedef {{ bytes: number, gzipped: number }} Size */

const lib = scriptsIn("lib");
const browser = ["browser.js", "wasm/oci_genai_edge.js"];
const isOfNode = (/** @type {string} */ path) => path.startsWith("lib/node-");
const command = ["bin.js", "gateway-node.js", "signer-node.js", ...scriptsIn("cli"), ...scriptsIn("cli/checks")];
/** @type {Record<string, Size>} */
const sizes = {
  wasm: printSize("wasm", ["wasm/oci_genai_edge_bg.wasm"]),
  javascript: printSize("JavaScript beside it, not minified", [...browser, ...lib.filter((path) => !isOfNode(path))]),
  node: printSize("command line, simulator, Node", [...command, ...scriptsIn("simulator"), ...lib.filter(isOfNode)]),
};

if (process.argv.includes("--update")) writeFileSync(gateFile, `${JSON.stringify(sizes, null, 2)}\n`);
if (process.argv.includes("--gate")) checkGate();

/**
 * @param {string} folder
 * @returns {string[]}
 */
function scriptsIn(folder) {
  const files = readdirSync(new URL(`${folder}/`, root)).filter((file) => /\.m?js$/.test(file));
  return files.toSorted().map((file) => `${folder}/${file}`);
}

/**
 * @param {string} name
 * @param {string[]} paths
 * @returns {Size}
 */
function printSize(name, paths) {
  const content = Buffer.concat(paths.map((path) => readFileSync(new URL(path, root))));
  const gzipped = gzipSync(content, { level: 9 }).length;
  console.log(`${name}: ${content.length} bytes (${kib(content.length)}), gzipped ${kib(gzipped)}`);
  return { bytes: content.length, gzipped };
}

function checkGate() {
  /** @type {Record<string, Size>} */
  const gate = JSON.parse(readFileSync(gateFile, "utf8"));
  for (const [name, { gzipped }] of Object.entries(sizes)) {
    const limit = Math.floor(gate[name].gzipped * TOLERANCE);
    if (gzipped <= limit) continue;
    console.error(
      `${name} is ${gzipped} bytes gzipped, the limit is ${limit}. Where the growth is worth it, ` +
        "run `node scripts/size.mjs --update` and give the reason in the commit.",
    );
    process.exitCode = 1;
  }
}

function kib(/** @type {number} */ bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

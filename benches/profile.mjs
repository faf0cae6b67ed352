// `make profile`: where the time of an event goes, as nanoseconds per event by function.
// `node benches/profile.mjs [corpus/chunking] [chunks|text|gateway]` builds the wasm with its names into target/profile
// and samples Node while it reads streams. A sampled run is slower than a measured one: the shares count.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = `${ROOT}target/profile`;
const FEATURES = [
  "bulk-memory",
  "nontrapping-float-to-int",
  "sign-ext",
  "mutable-globals",
  "reference-types",
  "multivalue",
  "simd",
];
const MAX_FUNCTIONS = 24;

const [cell = "generic/1400", path = "chunks"] = process.argv.slice(2);
const [corpus, chunking] = cell.split("/");

buildWithNames();
console.log(`\n${path}, ${corpus}, ${chunking}: nanoseconds per event, by function`);
printProfile(sample());

/** The package with a wasm that has names, and is otherwise optimised as the published one. */
function buildWithNames() {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const output = ["--out-dir", `${OUT}/wasm`, "--out-name", "oci_genai_edge"];
  const options = ["--target", "web", "--release", "--no-opt", "--no-pack", "--no-typescript", ...output];
  runQuietly("wasm-pack", ["build", ...options, ".", "--", "--locked"]);
  const scripts = readdirSync(`${ROOT}pkg`).filter((name) => /\.js$|^package\.json$/.test(name));
  for (const name of [...scripts, "lib"]) cpSync(`${ROOT}pkg/${name}`, `${OUT}/${name}`, { recursive: true });
  const wasm = `${OUT}/wasm/oci_genai_edge_bg.wasm`;
  const optimizations = ["-Os", "--one-caller-inline-max-function-size=50", "-g"];
  runQuietly("wasm-opt", [...optimizations, ...FEATURES.map((name) => `--enable-${name}`), wasm, "-o", wasm]);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function runQuietly(command, args) {
  execFileSync(command, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
}

/**
 * The self time of each function in microseconds, from the end of the warm-up on.
 *
 * @returns {{ events: number, times: Map<string, number> }}
 */
function sample() {
  const script = fileURLToPath(new URL("profile-streams.mjs", import.meta.url));
  const file = `${OUT}/streams.cpuprofile`;
  const events = execFileSync(process.execPath, [script, `${OUT}/node.js`, corpus, chunking, path, file], {
    encoding: "utf8",
  });
  /** @type {import("node:inspector").Profiler.Profile} */
  const { nodes, samples = [], timeDeltas = [] } = JSON.parse(readFileSync(file, "utf8"));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const times = new Map();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "";
    if (name !== "(idle)") times.set(name, (times.get(name) ?? 0) + timeDeltas[index]);
  });
  return { events: Number(events), times };
}

function printProfile(/** @type {ReturnType<typeof sample>} */ { events, times }) {
  const print = (/** @type {number} */ microseconds, /** @type {string} */ name) =>
    console.log(((microseconds * 1000) / events).toFixed(1).padStart(8), name);
  const functions = [...times].toSorted(([, one], [, other]) => other - one);
  for (const [name, microseconds] of functions.slice(0, MAX_FUNCTIONS)) print(microseconds, name);
  const others = functions.slice(MAX_FUNCTIONS);
  print(others.reduce((sum, [, microseconds]) => sum + microseconds, 0), `${others.length} other functions`);
}

function nameOf(/** @type {import("node:inspector").Runtime.CallFrame} */ { functionName, url }) {
  // Without the hashes of Rust's symbols.
  const name = functionName.replace(/::h[0-9a-f]{16}$/, "").replaceAll(/\[[0-9a-f]{16}\]/g, "");
  if (url.includes("wasm/") && url.startsWith("wasm:")) return `wasm  ${name}`;
  const file = url.split("/").slice(-2).join("/");
  return file ? `${name || "(anonymous)"}  ${file}` : name;
}

// Where the time of an event goes: `node benches/profile.mjs [corpus/chunking] [chunks|text|gateway]`, `make profile` for the usual
// ones. Builds the wasm with its names into target/profile, samples Node while streams are read, and prints nanoseconds an event
// by function. A sampled run is slower than a measured one: the shares count.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = `${ROOT}target/profile`;
const FEATURES = ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue", "simd"];
const SHOWN = 24;

const [cell = "generic/1400", path = "chunks"] = process.argv.slice(2);
const [corpus, chunking] = cell.split("/");

buildNamed();
console.log(`\n${path}, ${corpus}, ${chunking}: nanoseconds an event, by function`);
const { events, nodes } = sampled();
const perEvent = (microseconds) => (microseconds * 1000) / events;
const all = [...nodes].sort((a, b) => b[1] - a[1]);
for (const [name, microseconds] of all.slice(0, SHOWN)) console.log(perEvent(microseconds).toFixed(1).padStart(8), name);
const rest = all.slice(SHOWN).reduce((sum, [, microseconds]) => sum + microseconds, 0);
console.log(perEvent(rest).toFixed(1).padStart(8), `${Math.max(0, all.length - SHOWN)} other functions`);

/** The package with a wasm that has names, and is otherwise optimised as the one that ships. */
function buildNamed() {
  const quiet = { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] };
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const build = ["build", "--target", "web", "--release", "--no-opt", "--no-pack", "--no-typescript"];
  execFileSync("wasm-pack", [...build, "--out-dir", `${OUT}/wasm`, "--out-name", "oci_genai_edge", ".", "--", "--locked"], quiet);
  for (const part of [...readdirSync(`${ROOT}pkg`).filter((name) => /\.js$|^package\.json$/.test(name)), "lib"]) {
    cpSync(`${ROOT}pkg/${part}`, `${OUT}/${part}`, { recursive: true });
  }
  const wasm = `${OUT}/wasm/oci_genai_edge_bg.wasm`;
  execFileSync("wasm-opt", ["-Os", "-g", ...FEATURES.map((name) => `--enable-${name}`), wasm, "-o", wasm], quiet);
}

/** Self time by function, in microseconds, of everything after the warm-up. */
function sampled() {
  const script = fileURLToPath(new URL("profile-streams.mjs", import.meta.url));
  const said = execFileSync(process.execPath, [script, `${OUT}/node.js`, corpus, chunking, path, `${OUT}/streams.cpuprofile`]);
  const profile = JSON.parse(readFileSync(`${OUT}/streams.cpuprofile`, "utf8"));
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const nodes = new Map();
  profile.samples.forEach((id, at) => {
    const name = names.get(id);
    if (name !== "(idle)") nodes.set(name, (nodes.get(name) ?? 0) + profile.timeDeltas[at]);
  });
  return { events: Number(said.toString()), nodes };
}

function nameOf({ functionName, url }) {
  const name = functionName.replace(/::h[0-9a-f]{16}$/, "").replace(/\[[0-9a-f]{16}\]/g, "");
  if (url.includes("wasm/") && url.startsWith("wasm:")) return `wasm  ${name}`;
  const file = url.split("/").slice(-2).join("/");
  return file ? `${name || "(anonymous)"}  ${file}` : name;
}

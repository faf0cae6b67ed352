// `make fuzz`: runs every target of fuzz/ under libFuzzer, prints a table, and writes it into docs/robustness.md.
//
//   FUZZ_RUNS=100000 FUZZ_TARGETS="ids requests" FUZZ_JOBS=2 make fuzz
//
// Each target that has ended is written at once, so that a run can be continued with the targets that are left.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { machine, readRows, revision, writeSection } from "./robustness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_RUNS = 10_000_000;
/** An input that takes longer is a hang, in seconds. */
const HANG_SECONDS = 10;
const MEMORY_MIB = 2048;
/** Of what a run keeps of a target's output, in characters: it prints the failing input last. */
const OUTPUT_LENGTH = 20_000;
const HEAD = ["target", "executions", "crashes", "hangs", "executions/s", "date", "commit"];
const COUNT = new Intl.NumberFormat("en-US");

/** By name: the longest input, and the folders of tests/fixtures that are inputs too. */
const byName = readTargets();
const ALL = [...byName.keys()];

/**
 * @typedef {object} Result
 * @property {string} target
 * @property {number} executions
 * @property {number} crashes 1: libFuzzer ends at the first
 * @property {number} hangs
 * @property {number} seconds
 * @property {string} [failure] the end of the output
 */

const runs = numberOf("FUZZ_RUNS", DEFAULT_RUNS);
const jobs = numberOf("FUZZ_JOBS", 1);
const sanitizer = process.env.FUZZ_SANITIZER ?? "none";
const targets = namedTargets();
const toolchain = output("scripts/setup-fuzz.sh");

// In the order of the table. Both jobs share one build.
build();
const left = [...targets];
/** @type {Result[]} */
const results = [];
await Promise.all(Array.from({ length: Math.min(jobs, targets.length) }, worker));
printTable();
const failed = results.filter(({ crashes, hangs }) => crashes + hangs > 0);
for (const { target, failure } of failed) console.error(`\n${target}:\n${failure}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function worker() {
  for (let target = left.shift(); target !== undefined; target = left.shift()) {
    const result = await run(target);
    results.push(result);
    record(result);
  }
}

/** @returns {Map<string, { maxLength: number, fixtures: string[] }>} */
function readTargets() {
  const text = readFileSync(`${root}tests/it/fuzz/targets/mod.rs`, "utf8");
  const rows = text.matchAll(/ name: "(\w+)",[^}]*? max_len: (\d+),\s+fixtures: &\[(.*?)\]/gs);
  return new Map(
    Array.from(rows, ([, name = "", length, list = ""]) => {
      return [name, { maxLength: Number(length), fixtures: list.match(/\w+/g) ?? [] }];
    }),
  );
}

function namedTargets() {
  const named = (process.env.FUZZ_TARGETS ?? "").split(/[\s,]+/).filter(Boolean);
  const unknown = named.filter((name) => !byName.has(name));
  if (unknown.length > 0) throw new Error(`unknown targets: ${unknown.join(", ")}; known: ${ALL.join(", ")}`);
  return named.length > 0 ? ALL.filter((name) => named.includes(name)) : ALL;
}

/** cargo fuzz, with the options that decide what is built. */
function cargoFuzz(/** @type {string} */ command, /** @type {string[]} */ args) {
  const options = ["--release", "--debug-assertions", "--sanitizer", sanitizer, "--target-dir", "target/fuzz"];
  return [`+${toolchain}`, "fuzz", command, ...options, ...args];
}

function build() {
  const { status } = spawnSync("cargo", cargoFuzz("build", []), { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * New inputs go to tests/out/fuzz/corpus, where the next run finds them.
 *
 * @param {string} target
 * @returns {Promise<Result>}
 */
async function run(target) {
  const own = `tests/out/fuzz/corpus/${target}`;
  const artifacts = `tests/out/fuzz/artifacts/${target}/`;
  mkdirSync(`${root}${own}`, { recursive: true });
  rmSync(`${root}${artifacts}`, { recursive: true, force: true });
  mkdirSync(`${root}${artifacts}`, { recursive: true });
  const { maxLength = 0, fixtures = [] } = byName.get(target) ?? {};
  const shared = fixtures.map((name) => `tests/fixtures/${name}`);
  const corpora = [own, `fuzz/corpus/${target}`, ...shared];
  const flags = [
    `-runs=${runs}`,
    `-max_len=${maxLength}`,
    `-timeout=${HANG_SECONDS}`,
    `-rss_limit_mb=${MEMORY_MIB}`,
    `-artifact_prefix=${root}${artifacts}`,
    "-dict=fuzz/tokens.dict",
    "-print_final_stats=1",
    "-verbosity=0",
  ];
  console.log(`${target}: ${COUNT.format(runs)} executions`);
  const started = performance.now();
  const child = spawn("cargo", cargoFuzz("run", [target, ...corpora, "--", ...flags]), {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (printed = (printed + data).slice(-OUTPUT_LENGTH)));
  }
  const status = await new Promise((resolve) => child.on("close", resolve));
  const seconds = (performance.now() - started) / 1000;
  const executions = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(printed)?.[1] ?? 0);
  const hangs = /ERROR: libFuzzer: timeout/.test(printed) ? 1 : 0;
  const crashes = status !== 0 && hangs === 0 ? 1 : 0;
  return { target, executions, crashes, hangs, seconds, ...(status !== 0 && { failure: printed }) };
}

/**
 * Replaces the target's row in docs/robustness.md.
 *
 * @param {Result} result
 */
function record(result) {
  const known = new Map(readRows("fuzz").map((cells) => [cells[0], cells]));
  known.set(result.target, rowOf(result));
  const rows = ALL.map((target) => known.get(target)).filter((cells) => cells !== undefined);
  const lines = [HEAD, HEAD.map((_, at) => (at > 0 && at < 5 ? "---:" : "---")), ...rows];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  writeSection("fuzz", `${machine()}, ${version()}, sanitizer: ${sanitizer}.\n\n${table}`);
}

/** @param {Result} result */
function rowOf({ target, executions, crashes, hangs, seconds }) {
  const { date, commit } = revision();
  const rate = COUNT.format(Math.round(executions / seconds));
  return [target, COUNT.format(executions), `${crashes}`, `${hangs}`, rate, date, commit];
}

function printTable() {
  const rows = [HEAD, ...results.map(rowOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)));
  for (const cells of rows) console.log(cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "));
  const found = targets.flatMap((target) => readdirSync(`${root}tests/out/fuzz/artifacts/${target}`));
  if (found.length > 0) console.log(`${found.length} failing inputs in tests/out/fuzz/artifacts`);
}

function version() {
  const lock = readFileSync(`${root}fuzz/Cargo.lock`, "utf8");
  return `libfuzzer-sys ${/name = "libfuzzer-sys"\nversion = "(.*)"/.exec(lock)?.[1]}`;
}

/**
 * @param {string} command
 * @returns {string}
 */
function output(command) {
  const { status, stdout } = spawnSync(`${root}${command}`, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
  return stdout.trim();
}

/**
 * @param {string} name of a variable
 * @param {number} byDefault
 */
function numberOf(name, byDefault) {
  const text = process.env[name];
  const value = text === undefined ? byDefault : Number(text.replaceAll("_", ""));
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number from 1: ${text}`);
  return value;
}

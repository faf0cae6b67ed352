// `make coverage`: the lines of the core that the native tests run. Prints a table, writes it into docs/robustness.md,
// and fails below the limit. The shell (src/js) is compiled to wasm and tested in Node.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { machine, revision, writeSection } from "./robustness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const LEAST_PERCENT = 95;
/** Fewer generated streams than `make native` has: more of them reach no other lines. */
const ENV = { STREAMS: "8000", ROUNDS: "400", MUTATIONS: "1500" };
const OUTPUT = "target/llvm-cov/coverage.json";

/** @typedef {{ count: number, covered: number }} Lines */

mkdirSync(`${root}target/llvm-cov`, { recursive: true });
const args = ["llvm-cov", "--locked", "--json", "--summary-only", "--output-path", OUTPUT];
const { status } = spawnSync("cargo", [...args, "--ignore-filename-regex", "src/js/"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...ENV },
});
if (status !== 0) process.exit(status ?? 1);

/** @type {{ files: { filename: string, summary: { lines: Lines } }[] }} */
const { files } = JSON.parse(readFileSync(`${root}${OUTPUT}`, "utf8")).data[0];
/** @type {Map<string, Lines>} */
const modules = new Map();
for (const { filename, summary } of files) {
  const name = filename.slice(filename.lastIndexOf("/src/") + 1).split("/").slice(0, 2).join("/");
  add(name, summary.lines);
  add("total", summary.lines);
}
const total = /** @type {Lines} */ (modules.get("total"));
modules.delete("total");
const rows = [...modules, /** @type {const} */ (["total", total])].map(([name, lines]) => {
  return [name, `${lines.covered} of ${lines.count}`, `${percent(lines).toFixed(1)} %`];
});
const width = Math.max(...rows.map(([name = ""]) => name.length));
for (const [name = "", lines = "", share = ""] of rows) {
  console.log(`${name.padEnd(width)}  ${lines.padStart(14)}  ${share.padStart(7)}`);
}
for (const { filename, summary } of files.filter((file) => percent(file.summary.lines) < LEAST_PERCENT)) {
  console.log(`below ${LEAST_PERCENT} %: ${filename.replace(root, "")} ${percent(summary.lines).toFixed(1)} %`);
}
const { date, commit } = revision();
const lines = [["lines of", "run", "share"], ["---", "---:", "---:"], ...rows];
const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
writeSection("coverage", `${date}, ${commit}. ${machine()}.\n\n${table}`);
if (percent(total) < LEAST_PERCENT) {
  console.error(`coverage: ${percent(total).toFixed(2)} % of lines, and at least ${LEAST_PERCENT} % are required`);
  process.exitCode = 1;
}

/**
 * @param {string} name
 * @param {Lines} lines
 */
function add(name, { count, covered }) {
  const known = modules.get(name) ?? { count: 0, covered: 0 };
  modules.set(name, { count: known.count + count, covered: known.covered + covered });
}

/** @param {Lines} lines */
function percent({ count, covered }) {
  return count === 0 ? 100 : (100 * covered) / count;
}

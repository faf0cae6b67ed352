// `make chaos`: calls against hosts and services that misbehave in every way of tests/chaos/plan.mjs. Prints a table,
// writes it into docs/robustness.md, and fails if a call breaks a rule.
//
//   CALLS=10000 SEED=1 FIRST=0 node tests/chaos/main.mjs [node | workerd]
//
// The calls follow from the seed, which is printed: FIRST=<number> CALLS=1 repeats one. With a section or a FIRST,
// nothing is written.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { machine, revision, writeSection } from "../../scripts/robustness.mjs";
import { startChild } from "../load/child-process.mjs";

/** @import { ChaosResult } from "./types.d.ts" */

const SECTIONS = ["node", "workerd"];
const LIMIT_MINUTES = 20;

setTimeout(() => {
  console.error(`chaos: not done after ${LIMIT_MINUTES} minutes`);
  process.exit(1);
}, LIMIT_MINUTES * 60_000).unref();

const named = process.argv.slice(2);
const calls = Number(process.env.CALLS ?? 10_000);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const first = Number(process.env.FIRST ?? 0);
console.log(`SEED=${seed} CALLS=${calls} FIRST=${first}`);
/** @type {ChaosResult[]} */
const results = [];
for (const name of named.length > 0 ? named : SECTIONS) {
  const result = await run(name);
  console.log(asText(result));
  results.push(result);
}
if (named.length === 0 && process.env.FIRST === undefined) writeSection("chaos", asMarkdown(results));
process.exitCode = results.every(({ rows }) => rows.every(([, , ok]) => ok !== false)) ? 0 : 1;

/**
 * Runs a section in a process of its own, with a garbage collector that can be called.
 *
 * @param {string} name
 */
async function run(name) {
  const script = fileURLToPath(new URL("section.mjs", import.meta.url));
  const args = ["--expose-gc", "--no-warnings", script, name, JSON.stringify({ calls, seed, first })];
  const child = startChild(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }, "SIGTERM");
  /** @type {ChaosResult} */
  let result = { title: name, seed, rows: [["ended early", "", false]], faults: [] };
  child.on("message", (message) => (result = /** @type {ChaosResult} */ (message)));
  await once(child, "close");
  return result;
}

/** @param {ChaosResult} result */
function asText({ title, rows, faults }) {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, value, ok]) => `  ${what.padEnd(width)}  ${value}${mark(ok)}`);
  return ["", title, ...lines, ...faults.map((fault) => `  ! ${fault}`)].join("\n");
}

/** @param {ChaosResult[]} sections */
function asMarkdown(sections) {
  const { date, commit } = revision();
  const tables = sections.map(({ title, rows }) => {
    const lines = rows.map(([what, value, ok]) => `| ${what} | ${value}${mark(ok)} |`);
    return [`### ${title}`, "", "| | |", "|---|---|", ...lines].join("\n");
  });
  return [`${date}, ${commit}, \`SEED=${seed} CALLS=${calls}\`. ${machine()}.`, ...tables].join("\n\n");
}

/** @param {boolean | undefined} ok */
function mark(ok) {
  if (ok === undefined) return "";
  return ok ? " ✓" : " **✗**";
}

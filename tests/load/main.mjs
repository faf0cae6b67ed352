// `make load`: many streams at once, many one after another, and many that are not read to their
// end. It prints a table, writes benches/LOAD.md, and fails if a byte is wrong or memory grows.
// Times are reported only. Sections may be named (concurrency engines requests first prompts
// scaling sequence abandoned disconnects); then nothing is written.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startChild } from "./child-process.mjs";
import { asMarkdown, asText } from "./report.mjs";

/** @import { Section } from "./types.d.ts" */

const SECTIONS = [
  "concurrency",
  "engines",
  "requests",
  "first",
  "prompts",
  "scaling",
  "sequence",
  "abandoned",
  "disconnects",
];
const LIMIT_MINUTES = 15;

setTimeout(() => {
  console.error(`load: not done after ${LIMIT_MINUTES} minutes`);
  process.exit(1);
}, LIMIT_MINUTES * 60_000).unref();

const named = process.argv.slice(2);
/** @type {Section[]} */
const results = [];
for (const name of named.length > 0 ? named : SECTIONS) {
  const result = await run(name);
  console.log(asText(result));
  results.push(result);
}
if (named.length === 0) writeFileSync(new URL("../../benches/LOAD.md", import.meta.url), asMarkdown(results));
process.exitCode = results.every(({ rows }) => rows.every(([, , ok]) => ok !== false)) ? 0 : 1;

/**
 * Runs a section in a process of its own.
 *
 * @param {string} name
 */
async function run(name) {
  const script = fileURLToPath(new URL("section.mjs", import.meta.url));
  const args = ["--expose-gc", "--no-warnings", script, name];
  const child = startChild(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }, "SIGTERM");
  /** @type {Section} */
  let result = { title: name, rows: [["ended early", "", false]] };
  child.on("message", (message) => (result = /** @type {Section} */ (message)));
  await once(child, "close");
  return result;
}

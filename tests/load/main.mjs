// `make load`: many streams at once, many one after another, and many that nobody reads to the end. It prints a table, writes
// benches/LOAD.md, and fails if a byte is wrong or memory grows. Times decide nothing. Sections may be named: concurrency scaling sequence
// abandoned disconnects; then nothing is written.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { spawned } from "./child-process.mjs";
import { asMarkdown, asText } from "./report.mjs";

const SECTIONS = ["concurrency", "scaling", "sequence", "abandoned", "disconnects"];
const LIMIT_MINUTES = 15;

setTimeout(() => {
  console.error(`load: not done after ${LIMIT_MINUTES} minutes`);
  process.exit(1);
}, LIMIT_MINUTES * 60_000).unref();

const asked = process.argv.slice(2);
const results = [];
for (const name of asked.length > 0 ? asked : SECTIONS) {
  const result = await run(name);
  console.log(asText(result));
  results.push(result);
}
if (asked.length === 0) writeFileSync(new URL("../../benches/LOAD.md", import.meta.url), asMarkdown(results));
process.exitCode = results.every((result) => result.rows.every(([, , ok]) => ok !== false)) ? 0 : 1;

async function run(name) {
  const script = fileURLToPath(new URL("section.mjs", import.meta.url));
  const args = ["--expose-gc", "--no-warnings", script, name];
  const child = spawned(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] }, "SIGTERM");
  let result = { title: name, rows: [["ended before it was done", "", false]] };
  child.on("message", (message) => (result = message));
  await once(child, "close");
  return result;
}

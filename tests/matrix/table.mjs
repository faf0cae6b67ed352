// The table of docs/runtimes.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRIES, root } from "./places.mjs";
import { CHECK_COUNT } from "./suite.mjs";

/** @import { Outcome } from "./main.mjs" */

const DOCUMENT = join(root, "docs/runtimes.md");
const [START, END] = ["<!-- matrix: written by `make matrix` -->", "<!-- end of matrix -->"];

/** @param {Outcome[]} outcomes */
export function writeTable(outcomes) {
  const cell = (/** @type {string} */ where, /** @type {string} */ entry) => {
    const found = outcomes.find((each) => each.cell.where === where && each.cell.entry === entry);
    if (found === undefined) return "";
    const { cell: { advice, skipped }, fault } = found;
    if (skipped !== undefined) return `not run: ${skipped}`;
    if (fault !== undefined) return `✗ ${fault.replaceAll("|", "\\|")}`;
    return advice ?? "✓";
  };
  const places = [...new Set(outcomes.map(({ cell: { where } }) => where))];
  const lines = places.map((where) => `| ${[where, ...ENTRIES.map((entry) => cell(where, entry))].join(" | ")} |`);
  const head = `| where | ${ENTRIES.map((entry) => `\`${entry}\``).join(" | ")} |`;
  const table = [head, "|---|---|---|", ...lines].join("\n");
  const legend = `✓: all ${CHECK_COUNT} checks passed.`;
  const text = readFileSync(DOCUMENT, "utf8");
  const [from, to] = [text.indexOf(START), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error("docs/runtimes.md has no table");
  writeFileSync(DOCUMENT, `${text.slice(0, from)}${START}\n\n${table}\n\n${legend}\n\n${text.slice(to)}`);
}

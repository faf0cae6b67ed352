// The table of docs/runtimes.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRIES, root } from "./places.mjs";
import { CHECK_COUNT } from "./suite.mjs";

/** @import { Outcome } from "./main.mjs" */

const DOCUMENT = join(root, "docs/runtimes.md");
const [START, END] = ["<!-- matrix: written by `make matrix` -->", "<!-- end of matrix -->"];

/**
 * Writes the rows of a run in place of the whole table, or, after a run of some cells, in place of their own.
 *
 * @param {Outcome[]} outcomes
 * @param {{ isWhole: boolean }} options
 */
export function writeTable(outcomes, { isWhole }) {
  const cell = (/** @type {string} */ where, /** @type {string} */ entry) => {
    const found = outcomes.find((each) => each.cell.where === where && each.cell.entry === entry);
    if (found === undefined) return "";
    const { cell: { advice, skipped }, fault } = found;
    if (skipped !== undefined) return `not run: ${skipped}`;
    if (fault !== undefined) return `✗ ${fault.replaceAll("|", "\\|")}`;
    return advice ?? "✓";
  };
  const head = `| where | ${ENTRIES.map((entry) => `\`${entry}\``).join(" | ")} |`;
  const text = readFileSync(DOCUMENT, "utf8");
  const [from, to] = [text.indexOf(START), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error("docs/runtimes.md has no table");
  const kept = isWhole ? [] : text.slice(from, to).split("\n").filter((line) => /^\| (?!where)/.test(line));
  const byPlace = new Map(kept.map((line) => [line.split(" | ")[0]?.slice(2) ?? "", line]));
  for (const where of new Set(outcomes.map((outcome) => outcome.cell.where))) {
    byPlace.set(where, `| ${[where, ...ENTRIES.map((entry) => cell(where, entry))].join(" | ")} |`);
  }
  const lines = [...byPlace.values()];
  const table = [head, "|---|---|---|", ...lines].join("\n");
  const legend = `✓: all ${CHECK_COUNT} checks passed.`;
  writeFileSync(DOCUMENT, `${text.slice(0, from)}${START}\n\n${table}\n\n${legend}\n\n${text.slice(to)}`);
}

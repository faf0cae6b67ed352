// docs/robustness.md and docs/clients.md: sections that commands write, between comments that name them.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";

const ROBUSTNESS = "docs/robustness.md";

/**
 * Replaces a section.
 *
 * @param {string} name
 * @param {string} markdown
 * @param {string} [document]
 * @param {string} [target] of make, if the section is not named so
 */
export function writeSection(name, markdown, document = ROBUSTNESS, target = name) {
  const file = new URL(`../${document}`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const [start, end] = markersOf(name, target);
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${document} has no section "${name}"`);
  writeFileSync(file, `${text.slice(0, from)}${start}\n\n${markdown.trim()}\n\n${text.slice(to)}`);
}

/**
 * The rows of the tables of a section: their cells.
 *
 * @param {string} name
 */
export function readRows(name) {
  const text = readFileSync(new URL(`../${ROBUSTNESS}`, import.meta.url), "utf8");
  const [start, end] = markersOf(name);
  const section = text.slice(text.indexOf(start), text.indexOf(end));
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** The date, the commit, and whether files differ from it. */
export function revision() {
  /** @param {string[]} args */
  const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
  // What the commands write themselves is no difference.
  const changed = git("status", "--porcelain", "--", ".", `:!${ROBUSTNESS}`, ":!docs/clients.md") !== "";
  const date = new Date().toISOString().slice(0, 10);
  return { date, commit: `${git("rev-parse", "--short", "HEAD")}${changed ? "+" : ""}` };
}

/** The machine and its versions, in one line. */
export function machine() {
  const processors = cpus();
  return [
    `${processors.length} x ${processors[0]?.model ?? "unknown processor"}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `${type()} ${release()} ${arch()}`,
    `Node ${process.versions.node}`,
  ].join(", ");
}

/** @param {string} name */
function markersOf(name, target = name) {
  return /** @type {const} */ ([`<!-- ${name}: written by \`make ${target}\` -->`, `<!-- end of ${name} -->`]);
}

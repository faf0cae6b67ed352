// The results, for a terminal and for benches/LOAD.md.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, release, totalmem, type } from "node:os";

/** @import { Section } from "./types.d.ts" */

const require = createRequire(import.meta.url);

/** @param {Section} section */
export function asText({ title, rows, note, faults = [] }) {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, value, ok]) => `  ${what.padEnd(width)}  ${value}${mark(ok)}`);
  return ["", title, ...lines, ...(note ? [`  ${note}`] : []), ...faults.map((fault) => `  ! ${fault}`)].join("\n");
}

/** @param {Section[]} results */
export function asMarkdown(results) {
  const sections = results.map(({ title, rows, note }) => {
    const lines = rows.map(([what, value, ok]) => `| ${what} | ${value}${mark(ok)} |`);
    return [`## ${title}`, "", "| | |", "|---|---|", ...lines, "", ...(note ? [note, ""] : [])].join("\n");
  });
  return `# Load\n\nWritten by \`make load\`. ${machine()}\n\n${sections.join("\n")}`;
}

/** @param {boolean | undefined} ok */
function mark(ok) {
  if (ok === undefined) return "";
  return ok ? " ✓" : " **✗**";
}

function machine() {
  const processors = cpus();
  const parts = [
    `${processors.length} x ${processors[0]?.model ?? "unknown processor"}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `${type()} ${release()} ${arch()}`,
    `Node ${process.versions.node}`,
    `workerd ${require("workerd/package.json").version}`,
    `eventsource-parser ${versionIn("../../benches/node_modules/eventsource-parser/package.json")}`,
    `oci-genai-edge ${versionIn("../../pkg/package.json")}`,
  ];
  return `${parts.join(", ")}.`;
}

/**
 * @param {string} path of a package.json
 * @returns {string}
 */
function versionIn(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
}

/** @param {number[]} list */
export function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
}

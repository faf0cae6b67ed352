// The results, for a terminal and for benches/LOAD.md.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, totalmem, type, release, arch } from "node:os";

const require = createRequire(import.meta.url);

/** A section: `{ title, rows: [what, figure, whether it is as it must be, or undefined], note, faults }`. */
export function asText({ title, rows, note, faults = [] }) {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, figure, ok]) => `  ${what.padEnd(width)}  ${figure}${verdict(ok)}`);
  return ["", title, ...lines, ...(note ? [`  ${note}`] : []), ...faults.map((fault) => `  ! ${fault}`)].join("\n");
}

export function asMarkdown(results) {
  const sections = results.map(({ title, rows, note }) => {
    const lines = rows.map(([what, figure, ok]) => `| ${what} | ${figure}${verdict(ok)} |`);
    return [`## ${title}`, "", "| | |", "|---|---|", ...lines, "", ...(note ? [note, ""] : [])].join("\n");
  });
  return `# Load\n\nWritten by \`make load\`. ${machine()}\n\n${sections.join("\n")}`;
}

const verdict = (ok) => (ok === undefined ? "" : ok ? " ✓" : " **✗**");

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

const versionIn = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;

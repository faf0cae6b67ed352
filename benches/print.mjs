// Prints results on the terminal.
import { targetResults } from "./report.mjs";

/** @import { BundleSize, Cell, Results } from "./types.d.ts" */
/** @import { TargetValue } from "./report.mjs" */

const NAME_WIDTH = 44;

/**
 * @param {Cell} cell
 * @param {string} runtime
 */
export function printCell({ path, corpus, chunking, contenders }, runtime) {
  console.log(`\n${runtime}, ${path}, ${corpus}, ${chunking}: ns per event, spread, rounds, multiple of ours`);
  for (const { name, note, strings, median, spread, rounds, ratio } of contenders) {
    const columns = [
      name.padEnd(NAME_WIDTH),
      median.toFixed(0).padStart(8),
      `±${(spread * 100).toFixed(0)}%`.padStart(6),
      `${rounds}`.padStart(4),
      (ratio?.toFixed(2) ?? "").padStart(8),
    ];
    const notes = [strings && `${strings} strings`, note].filter(Boolean);
    console.log(`  ${columns.join(" ")}  ${notes.join(", ")}`.trimEnd());
  }
}

export function printSizes(/** @type {BundleSize[]} */ sizes) {
  if (sizes.length === 0) return;
  console.log("\nA Worker's whole bundle: KiB gzipped, JavaScript and wasm and both");
  for (const { name, script, wasm, whole } of sizes) {
    printNumbers(name, [script, wasm, whole].map((bytes) => (bytes / 1024).toFixed(1)));
  }
}

export function printCold(/** @type {Results["cold"]} */ cold) {
  if (!cold) return;
  console.log("\nCold start in Node: ms since before the import: imported, first chunk, end of a short answer");
  for (const [name, times] of Object.entries(cold)) {
    printNumbers(name, [times.import, times.first, times.end].map(({ median }) => median.toFixed(2)));
  }
}

/** The targets for which this run has a value. */
export function printTargets(/** @type {Results} */ results) {
  const targets = targetResults(results);
  if (targets.length === 0) return;
  console.log("\nTargets, in Node, in workerd; in brackets the value if ours did nothing but read the body");
  for (const { name, bound, node, workerd } of targets) {
    const columns = [node, workerd].map((value) => (value ? valueText(value) : "").padEnd(28));
    console.log(`  ${name.padEnd(60)} ${bound.padEnd(10)} ${columns.join(" ")}`.trimEnd());
  }
}

/**
 * @param {string} name
 * @param {string[]} numbers
 */
function printNumbers(name, numbers) {
  console.log(`  ${name.padEnd(NAME_WIDTH)} ${numbers.map((number) => number.padStart(8)).join(" ")}`);
}

function valueText(/** @type {TargetValue} */ { text, limit, met }) {
  return `${text.padStart(9)} ${met ? "met" : "NOT MET"}${limit ? ` (${limit})` : ""}`;
}

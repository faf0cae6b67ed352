// What a run says on the terminal.
import { barsOf } from "./report.mjs";

/** One cell, as soon as it's measured. */
export function printCell({ path, corpus, chunking, contenders }, where = "Node") {
  console.log(`\n${where}, ${path}, ${corpus}, ${chunking}: ns per event, spread, rounds, ratio to ours`);
  for (const { name, note, strings, median, spread, rounds, ratio } of contenders) {
    const times = [median.toFixed(0).padStart(8), `±${(spread * 100).toFixed(0)}%`.padStart(6), `${rounds}`.padStart(4)];
    const columns = [name.padEnd(44), ...times, (ratio?.toFixed(2) ?? "").padStart(8)];
    const said = [strings && `${strings} strings`, note].filter(Boolean).join(", ");
    console.log(`  ${columns.join(" ")}  ${said}`.trimEnd());
  }
}

export function printSizes(sizes) {
  if (sizes.length > 0) console.log("\nA Worker's whole bundle: KiB gzipped, JavaScript and wasm and both");
  for (const { name, ...parts } of sizes) {
    const columns = [parts.script, parts.wasm, parts.whole].map((bytes) => (bytes / 1024).toFixed(1).padStart(8));
    console.log(`  ${name.padEnd(44)} ${columns.join(" ")}`);
  }
}

export function printCold(cold) {
  if (cold)
    console.log("\nCold start in Node: ms from before the import to its end, to the first chunk, to the end of a short answer");
  for (const [name, parts] of Object.entries(cold ?? {})) {
    const columns = [parts.import, parts.first, parts.end].map(({ median }) => median.toFixed(2).padStart(8));
    console.log(`  ${name.padEnd(44)} ${columns.join(" ")}`);
  }
}

/** The bars that this run has something to say of. */
export function printBars(results) {
  const bars = barsOf(results);
  if (bars.length > 0) console.log("\nBars: asked, in Node, in workerd; in brackets the ratio if ours did nothing but read");
  for (const { name, asked, node, workerd } of bars) {
    const columns = [node, workerd].map((reached) => (reached ? sayReached(reached) : "").padEnd(28));
    console.log(`  ${name.padEnd(60)} ${asked.padEnd(10)} ${columns.join(" ")}`.trimEnd());
  }
}

function sayReached({ text, limit, met }) {
  return `${text.padStart(9)} ${met ? "met" : "NOT MET"}${limit ? ` (${limit})` : ""}`;
}

// `make bench`: measures the selected parts, prints them, and writes RESULTS.md if they are complete.
import { writeFileSync } from "node:fs";

import { optionsOf, USAGE } from "./cli.mjs";
import { measureCold } from "./cold/measure.mjs";
import { machine } from "./machine.mjs";
import { measureNative } from "./native.mjs";
import { measureNode, measureShort } from "./node/measure.mjs";
import { printCell, printCold, printSizes, printTargets } from "./print.mjs";
import { report } from "./report.mjs";
import { measureSizes } from "./size/measure.mjs";
import { measureWorkerd } from "./workerd/measure.mjs";

/** @import { CommandLine, Part } from "./cli.mjs" */
/** @import { Results } from "./types.d.ts" */

const options = optionsOf(process.argv.slice(2));
if (options.help) console.log(USAGE);
else await run(options);

async function run(/** @type {CommandLine} */ commandLine) {
  const results = await measure(commandLine);
  printSizes(results.sizes);
  printCold(results.cold);
  printTargets(results);
  if (commandLine.isComplete) writeFileSync(new URL("RESULTS.md", import.meta.url), report(results, machine()));

  const cells = [...results.node, ...results.short, ...results.workerd];
  for (const { path, corpus, chunking, contenders } of cells) {
    if (!contenders.some(({ wrong }) => wrong)) continue;
    console.error(`the outcomes of the contenders differ: ${path}, ${corpus}, ${chunking}`);
    process.exitCode = 1;
  }
}

/**
 * One part after another: they share the machine.
 *
 * @param {CommandLine} commandLine
 * @returns {Promise<Results>}
 */
async function measure(commandLine) {
  const has = (/** @type {Part} */ part) => commandLine.parts.includes(part);
  const sizes = has("size") ? await measureSizes() : [];
  const cold = has("cold") ? await measureCold(commandLine) : undefined;
  const short = has("short") ? await measureShort(commandLine, (cell) => printCell(cell, "Node")) : [];
  const node = has("node") ? await measureNode(commandLine, (cell) => printCell(cell, "Node")) : [];
  const workerd = has("workerd") ? await measureWorkerd(commandLine, (cell) => printCell(cell, "workerd")) : [];
  const native = has("native") ? measureNative() : [];
  return { sizes, cold, short, node, workerd, native };
}

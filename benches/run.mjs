// The bench: measures what was asked for, prints it, and writes RESULTS.md where everything was.
import { writeFileSync } from "node:fs";

import { optionsOf, USAGE } from "./cli.mjs";
import { measureCold } from "./cold/measure.mjs";
import { machine } from "./machine.mjs";
import { measureNative } from "./native.mjs";
import { measureNode, measureShort } from "./node/measure.mjs";
import { printBars, printCell, printCold, printSizes } from "./print.mjs";
import { report } from "./report.mjs";
import { measureSizes } from "./size/measure.mjs";
import { measureWorkerd } from "./workerd/measure.mjs";

const options = optionsOf(process.argv.slice(2));
if (options.help) console.log(USAGE);
else await run(options);

async function run({ parts, whole, ...options }) {
  const asked = (part, measure, otherwise) => (parts.includes(part) ? measure() : otherwise);
  const results = {
    sizes: await asked("size", measureSizes, []),
    cold: await asked("cold", () => measureCold(options)),
    short: await asked("short", () => measureShort(options, printCell), []),
    node: await asked("node", () => measureNode(options, printCell), []),
    workerd: await asked("workerd", () => measureWorkerd(options, (cell) => printCell(cell, "workerd")), []),
    native: await asked("native", measureNative, []),
  };
  printSizes(results.sizes);
  printCold(results.cold);
  printBars(results);
  if (whole) writeFileSync(new URL("RESULTS.md", import.meta.url), report(results, machine()));

  const wrong = [...results.node, ...results.short, ...results.workerd].filter(({ contenders }) =>
    contenders.some((contender) => contender.wrong),
  );
  for (const { path, corpus, chunking } of wrong)
    console.error(`the contenders of ${path}, ${corpus}, ${chunking} do not say the same`);
  if (wrong.length > 0) process.exitCode = 1;
}

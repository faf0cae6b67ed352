// Runs one section in a process of its own, with a garbage collector that can be called, and sends
// its result to the parent. Memory can't be measured in a process that has run other sections.

import "./child-process.mjs";

process.on("disconnect", () => process.exit(1));
const [, , name = ""] = process.argv;
const section = await import(`./${name}.mjs`);
const result = await section[name]();
process.send?.(result, () => process.exit());

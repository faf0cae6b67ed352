// Runs one section in a process of its own, and sends its result to the parent.

import "../load/child-process.mjs";
import { chaosInNode } from "./node.mjs";
import { chaosInWorkerd } from "./workerd.mjs";

process.on("disconnect", () => process.exit(1));
const [, , name, options = "{}"] = process.argv;
const run = name === "workerd" ? chaosInWorkerd : chaosInNode;
const result = await run(JSON.parse(options));
process.send?.(result, () => process.exit());

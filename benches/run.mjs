// The bench: measures what was asked for, prints it, and writes RESULTS.md where everything was.
import { optionsOf, USAGE } from "./cli.mjs";
import { measureNode } from "./node-part.mjs";
import { printCell } from "./print.mjs";

const options = optionsOf(process.argv.slice(2));
if (options.help) {
  console.log(USAGE);
} else {
  await run(options);
}

async function run({ parts, ...options }) {
  if (parts.includes("node")) await measureNode(options, printCell);
}

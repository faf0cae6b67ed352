#!/usr/bin/env node
// `npx oci-genai-edge`: see docs/cli.md.

import process from "node:process";

// Of all that is used, Node had this last: in 20.3.
if (typeof AbortSignal.any === "function") {
  const { main } = await import("./cli/main.js");
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(`oci-genai-edge needs Node 20.3 or later; this is ${process.version}\n`);
  process.exitCode = 1;
}

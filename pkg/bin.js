#!/usr/bin/env node
// `npx oci-genai-edge`: see docs/cli.md.

import process from "node:process";

const OLDEST_NODE = 20;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`oci-genai-edge needs Node ${OLDEST_NODE} or later; this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  const { main } = await import("./cli/main.js");
  process.exitCode = await main(process.argv.slice(2));
}

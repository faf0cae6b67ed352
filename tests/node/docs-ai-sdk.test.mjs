// The example of docs/ai-sdk.md runs as a program, with OCI's host played by the simulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installAiSdk, withoutAiSdk } from "./support/ai-sdk.mjs";
import { startExamples } from "./support/examples.mjs";

const { blocks, path, run } = await startExamples("docs/ai-sdk.md");

test("the example", { skip: withoutAiSdk }, async () => {
  assert.equal(blocks.length, 1);
  await installAiSdk(path("node_modules"));
  const { stdout } = await run(0);
  assert.match(stdout, /^You asked: "What is a cluster\?"[^]* \d+ DEDICATED\n2\n$/);
});

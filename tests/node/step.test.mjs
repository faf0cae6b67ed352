// scripts/step.sh, which runs the steps of the setup.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./support/run-node.mjs";

const step = (script) => {
  const args = ["the step", "sh", "-c", script];
  const { status, stdout, stderr } = spawnSync(join(root, "scripts/step.sh"), args, { encoding: "utf8" });
  return { status, stdout, lines: stderr.trimEnd().split("\n") };
};

test("says when it begins and how long it took, and nothing of what the command prints", () => {
  const { status, stdout, lines } = step("echo out; echo err >&2");
  assert.deepEqual([status, stdout, lines.length, lines[0]], [0, "", 2, "the step: begins"]);
  assert.match(lines[1], /^the step: done in \d+ s$/);
});

test("shows what a command printed that fails, and ends as it did", () => {
  const { status, lines } = step("echo out; echo err >&2; exit 3");
  assert.equal(status, 3);
  assert.deepEqual(lines.slice(1, 3), ["out", "err"]);
  assert.match(lines[3], /^the step: failed after \d+ s$/);
});

test("says every few seconds that it still runs, with the last line", () => {
  const { lines } = step("echo first; echo now; sleep 10");
  assert.match(lines[1], /^the step: \d+ s … now$/);
});

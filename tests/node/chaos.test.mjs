// A small run of `make chaos` in Node: every call against a hostile host ends once, keeps what it
// received, and lets everything go. `SEED=… CALLS=… FIRST=…` repeat a failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runNode } from "./support/run-node.mjs";

const CALLS = Number(process.env.CALLS ?? 500);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const FIRST = process.env.FIRST ?? "0";

test(`${CALLS} calls against a hostile host, SEED=${SEED}`, { timeout: 180_000 }, async () => {
  const script = new URL("../chaos/main.mjs", import.meta.url).pathname;
  const env = { ...process.env, CALLS: `${CALLS}`, SEED: `${SEED}`, FIRST };
  const { stdout } = await runNode([script, "node"], { env, timeout: 170_000 }).catch((error) => error);
  const broken = stdout.split("\n").filter((line) => /✗|^ {2}!/.test(line));
  assert.deepEqual(broken, [], stdout);
  assert.match(stdout, /complete, failed/);
});

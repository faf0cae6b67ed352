// warmUp: no I/O, no timers, nothing left behind; and only where the wasm has been loaded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { warmUp } from "oci-genai-edge";
import { runScript } from "./support/run-node.mjs";

test("warming up sends nothing, and sets no timer", async () => {
  const { fetch, setTimeout } = globalThis;
  const used = [];
  globalThis.fetch = () => assert.fail(used.push("fetch"));
  globalThis.setTimeout = () => assert.fail(used.push("setTimeout"));
  try {
    assert.equal(warmUp(), undefined);
    // What goes on in microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    Object.assign(globalThis, { fetch, setTimeout });
  }
  assert.deepEqual(used, []);
});

test("slim has nothing to warm up before its init", async () => {
  const script = `
    import { warmUp } from "oci-genai-edge/slim";
    try { warmUp(); } catch (error) { console.log(error.code); }
  `;
  assert.equal(await runScript(script), "invalid_options");
});
